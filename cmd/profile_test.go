package cmd

import (
	"testing"

	"ssc/compiler"
	"ssc/compiler/cuda"
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
		"interclr/interclr-moco_resnet10-w32_1xb128-adamw-3e_fmnist.hcl":    "nhwc",
		"simclr/simclr_resnet18-gn_1xb512-polylr-200e_cifar10.hcl":          "nhwc",
		"dino/dino_vit-small-p16_8xb64-mcrop-2-8-coslr-100e_in1k.hcl":       "nchw",
		"deepcluster/deepcluster_resnet10-w32_1xb128-adamw-6e_fmnist.hcl":   "nhwc",
		"barlowtwins/barlowtwins_resnet10-w32_1xb128-adamw-4e_fmnist.hcl":   "nhwc",
		"relative_loc/relative-loc_resnet10-w32_1xb128-adamw-4e_fmnist.hcl": "nhwc",
	} {
		recompiles(t, file, layout, compiler.Options{Kernels: kernels})
	}
	for _, file := range []string{"simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl", "dino/dino_vit-small-p16_8xb64-mcrop-2-8-coslr-100e_in1k.hcl"} {
		recompiles(t, file, "nchw", compiler.Options{Device: "cuda", Kernels: cuda.Own()})
	}
}

// recompiles checks that a pipeline's plan, written and read, compiles to the same graphs.
func recompiles(t *testing.T, file, layout string, o compiler.Options) {
	t.Helper()
	p, diags := lang.Load([]string{"../examples/selfsup/" + file}, lang.Options{Root: tables.Root})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	o.Version, o.Name = Version, p.Name
	r, diags := compiler.Compile(p.Root, tables, o)
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
	if o.Device != "" && len(read.Target.Kernels) == 0 {
		t.Errorf("%s: the plan has none of the kernels", file)
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
