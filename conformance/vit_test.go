package conformance

import (
	"math"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/backbone"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/onnx"
	"ssc/compiler/op/optest"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// vitParams are the options of a reference.
type vitParams struct {
	Dim, Layers, Heads, Hidden, Patch int
	Position                          string
	ClassToken                        bool    `json:"class_token"`
	QKVBias                           bool    `json:"qkv_bias"`
	FinalNorm                         bool    `json:"final_norm"`
	OutType                           string  `json:"out_type"`
	DropPath                          float64 `json:"drop_path"`
	Table                             []int
}

// TestViT compares the results of the first and the last block, the loss and every gradient with a network written in PyTorch: fixed and learnt positions, these for a grid of another
// size, without class token, with dropped branches.
func TestViT(t *testing.T) {
	for _, name := range []string{"vit_sincos", "vit_learned", "vit_average"} {
		t.Run(name, func(t *testing.T) {
			var p vitParams
			ref := oracle(t, name, &p)
			g := backboneGraph(t, ref, schema.Spec{Type: "backbone", Label: "vision_transformer", Args: map[string]any{
				"embed_dims": p.Dim, "num_layers": p.Layers, "num_heads": p.Heads, "mlp_ratio": float64(p.Hidden) / float64(p.Dim), "patch_size": p.Patch,
				"img_size": []any{p.Table[0] * p.Patch, p.Table[1] * p.Patch}, "pos_embed": p.Position, "with_cls_token": p.ClassToken, "qkv_bias": p.QKVBias,
				"final_norm": p.FinalNorm, "out_type": p.OutType, "drop_path_rate": p.DropPath, "out_indices": []any{0, -1}}})
			t.Run("float64", func(t *testing.T) {
				out, err := g.Eval(g.feeds)
				if err != nil {
					t.Fatal(err)
				}
				g.judge(t, ref, out, exact)
			})
			t.Run("runtime", func(t *testing.T) { g.judge(t, ref, g.execute(t), 0) })
		})
	}
}

// TestViTParameters counts the parameters of the architectures with patches of 16 pixels and learnt positions, as timm does without a classifier: its vit_tiny_patch16_224,
// vit_small_patch16_224, vit_base_patch16_224, vit_large_patch16_224 with num_classes=0.
func TestViTParameters(t *testing.T) {
	for arch, want := range map[string]int{"deit-tiny": 5_524_416, "deit-small": 21_665_664, "mocov3-small": 21_665_664, "base": 85_798_656, "large": 303_301_632} {
		b := vitBuilder(t, map[string]any{"arch": arch, "pos_embed": "learned"})
		n := 0
		for _, s := range b.States {
			n += s.In.Shape.Elems()
		}
		if n != want {
			t.Errorf("%s has %d parameters, want %d", arch, n, want)
		}
	}
}

// TestViTInit compares how weights start with MMSelfSup's VisionTransformer and MAEViT, and with timm.
func TestViTInit(t *testing.T) {
	uniform := func(fans int) plan.Init {
		b := math.Sqrt(6 / float64(fans))
		return plan.Init{Kind: "uniform", Lo: -b, Hi: b}
	}
	normal := func(std float64) plan.Init { return plan.Init{Kind: "normal", Std: std} }
	trunc := plan.Init{Kind: "trunc_normal", Std: 0.02, Lo: -2, Hi: 2}
	for init, want := range map[string]map[string]plan.Init{
		"mocov3": {"patch_embed.projection.weight": uniform(3*16*16 + 192), "cls_token": normal(1e-6), "layers.1.attn.qkv.weight": uniform(192 + 192),
			"layers.1.attn.proj.weight": uniform(192 + 192), "layers.1.ffn.layers.0.0.weight": uniform(192 + 768), "layers.1.ffn.layers.1.weight": uniform(768 + 192)},
		"mae":          {"patch_embed.projection.weight": uniform(3*16*16 + 192), "cls_token": normal(0.02), "layers.1.attn.qkv.weight": uniform(192 + 3*192)},
		"trunc_normal": {"patch_embed.projection.weight": trunc, "cls_token": trunc, "layers.1.attn.qkv.weight": trunc, "layers.1.ffn.layers.1.weight": trunc},
	} {
		want["pos_embed"] = trunc
		want["patch_embed.projection.bias"], want["layers.1.attn.qkv.bias"], want["ln1.bias"] = plan.Init{Kind: "constant"}, plan.Init{Kind: "constant"}, plan.Init{Kind: "constant"}
		want["layers.0.ln2.weight"] = plan.Init{Kind: "constant", Value: 1}
		b := vitBuilder(t, map[string]any{"arch": "deit-tiny", "num_layers": 2, "pos_embed": "learned", "init": init})
		for name, w := range want {
			if got := b.Lookup("backbone." + name).Init; got != w {
				t.Errorf("init %s: %s starts as %+v, want %+v", init, name, got, w)
			}
		}
	}
}

// TestViTFrozen: what is frozen is what MMSelfSup freezes.
func TestViTFrozen(t *testing.T) {
	for _, c := range []struct {
		args map[string]any
		want []string
	}{
		{map[string]any{}, nil},
		{map[string]any{"stop_grad_conv1": true}, []string{"patch_embed.projection.weight", "patch_embed.projection.bias"}},
		{map[string]any{"frozen_stages": 0}, []string{"patch_embed.projection.weight", "patch_embed.projection.bias", "pos_embed", "cls_token"}},
	} {
		args := map[string]any{"arch": "deit-tiny", "num_layers": 2, "pos_embed": "learned"}
		for k, v := range c.args {
			args[k] = v
		}
		var frozen []string
		for _, s := range vitBuilder(t, args).States {
			if s.Frozen {
				frozen = append(frozen, s.Name[len("backbone."):])
			}
		}
		if !slices.Equal(frozen, c.want) {
			t.Errorf("%v freezes %v, want %v", c.args, frozen, c.want)
		}
	}
	all := vitBuilder(t, map[string]any{"arch": "deit-tiny", "num_layers": 2, "frozen_stages": 2})
	if n := len(all.Trained()); n != 0 {
		t.Errorf("%d parameters are trained with all blocks frozen, want 0", n)
	}
}

// vitBuilder builds a vision transformer on two images of 224x224.
func vitBuilder(t *testing.T, args map[string]any) *nn.Builder {
	t.Helper()
	net := backbone.Table.New("vision_transformer")
	if err := schema.DecodeJSON(net, schema.Spec{Type: "backbone", Label: "vision_transformer", Args: args}); err != nil {
		t.Fatal(err)
	}
	b := nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: 2}, []plan.ImageType{{Channels: 3, Height: 224, Width: 224, Normalized: true}})
	net.Forward(b.Root().Sub("backbone"), b.View(0))
	if b.G.Diags.HasErrors() {
		t.Fatal(b.G.Diags)
	}
	return b
}

// TestViTStepByKernels: a step whose functions run as kernels does what the step of the bodies does.
func TestViTStepByKernels(t *testing.T) {
	names := kernelNames(t)
	r := compileWith(t, compiler.Options{Kernels: names}, "testdata/tiny_vit.hcl")
	for _, name := range []string{"Attention", "AttentionGrad", "GeluGrad", "LayerNorm", "LayerNormGrad", "Linear", "LinearInputGrad", "LinearWeightGrad"} {
		if !slices.Contains(r.Plan.Target.Kernels, name) {
			t.Errorf("the step calls no kernel %s: %v", name, r.Plan.Target.Kernels)
		}
	}
	bodies := compile(t, "tiny_vit.hcl", true)
	a, b := newMachine(t, bodies, false), newMachine(t, r, false)
	for i := range 3 {
		want, got := a.step(t, images(bodies, uint64(i)), nil), b.step(t, images(r, uint64(i)), nil)
		if e := math.Abs(got["loss"] - want["loss"]); !(e <= 1e-4) {
			t.Errorf("step %d: loss = %g, want %g", i, got["loss"], want["loss"])
		}
		if e := math.Abs(got["grad_norm"]/want["grad_norm"] - 1); !(e <= 1e-3) {
			t.Errorf("step %d: grad_norm = %g, want %g", i, got["grad_norm"], want["grad_norm"])
		}
	}
}

// TestViTExtract: the model that extracts features has standard operators alone, takes a batch of any size, and stock ONNX Runtime computes what its graph says.
func TestViTExtract(t *testing.T) {
	r := compile(t, "tiny_vit.hcl", true)
	m, err := onnx.ReadModel(r.Files[r.Plan.Graphs["extract"].File])
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range m.Main.Nodes {
		if n.Domain != "" {
			t.Errorf("the model calls %s of domain %s", n.Op, n.Domain)
		}
	}
	const batch = 3
	feeds := map[string]*ir.Tensor{"images": uniform([]int{batch, 3, 8, 8}, 0)}
	for _, s := range r.Plan.State {
		if s.Extract {
			feeds[s.Name] = ir.Floats(ir.Float32, s.Dims, initial(t, s)...)
		}
	}
	want, err := r.Extract.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	if got := want[0].Dims; !slices.Equal(got, []int{batch, 16}) {
		t.Fatalf("features are %v, want [%d, 16]", got, batch)
	}
	model, err := onnx.Emit(r.Extract, onnx.Options{Producer: "ssc"}) // the weights as inputs
	if err != nil {
		t.Fatal(err)
	}
	sized := ir.New("features")
	sized.Output(sized.Input("features", ir.Float32, ir.Dims(batch, 16)))
	got, err := runModel(t, model, sized, feeds)
	if err != nil {
		t.Fatal(err)
	}
	if err := optest.Close(got[0], want[0], 1e-5); err != nil {
		t.Error(err)
	}
}
