package cmd

import (
	"testing"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
)

// TestRecompiled: a plan that was read from its file compiles to the same graphs again, by the kernels that it lists alone: those that its step calls. Batch norm in groups calls none of those
// that end in Relu, group norm none of batch norm's, a vision transformer with layer norm no function on maps.
func TestRecompiled(t *testing.T) {
	kernels := []string{"Conv", "ConvInputGrad", "ConvWeightGrad", "BatchNorm", "BatchNormGrad", "BatchNormRelu", "BatchNormReluGrad"}
	for file, layout := range map[string]string{
		"simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl":             "nhwc",
		"mocov2/mocov2_resnet10-w32_1xb256-adamw-5e_fmnist.hcl":             "nhwc",
		"interclr/interclr-moco_resnet10-w32_1xb256-adamw-3e_fmnist.hcl":    "nhwc",
		"simclr/simclr_resnet18-gn_1xb512-polylr-200e_cifar10.hcl":          "nhwc",
		"dino/dino_vit-small-p16_8xb64-mcrop-2-8-coslr-100e_in1k.hcl":       "nchw",
		"deepcluster/deepcluster_resnet10-w32_1xb256-adamw-4e_fmnist.hcl":   "nhwc",
		"barlowtwins/barlowtwins_resnet10-w32_1xb256-adamw-4e_fmnist.hcl":   "nhwc",
		"relative_loc/relative-loc_resnet10-w32_1xb256-adamw-4e_fmnist.hcl": "nhwc",
	} {
		p, diags := lang.Load([]string{"../examples/selfsup/" + file}, lang.Options{Root: tables.Root})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		r, diags := compiler.Compile(p.Root, tables, compiler.Options{Version: Version, Name: p.Name, Kernels: kernels})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		text, err := plan.Encode(r.Plan)
		if err != nil {
			t.Fatal(err)
		}
		read, err := plan.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := read.Target.Layout; got != layout {
			t.Errorf("%s: the layout is %s with the kernels %v, want %s", file, got, read.Target.Kernels, layout)
		}
		for _, graph := range []string{"train", "extract"} {
			if recompiled(read, graph) == nil {
				t.Errorf("%s: the plan with the kernels %v compiles to another graph %q the second time", file, read.Target.Kernels, graph)
			}
		}
		if len(nodesOf(read)) == 0 {
			t.Errorf("%s: a profile knows no node", file)
		}
	}
}
