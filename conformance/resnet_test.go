package conformance

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"ssc/compiler/backbone"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// TestResNet compares every map, the loss, every gradient and the running statistics with networks of torchvision's blocks.
func TestResNet(t *testing.T) {
	for name, variant := range map[string]struct {
		label string
		args  map[string]any
	}{
		"resnet18": {"resnet", nil}, "resnet18_small": {"resnet", nil}, "resnet50": {"resnet", nil},
		"resnext50":      {"resnext", map[string]any{"groups": 2, "width_per_group": 3}},
		"resnetv1d10":    {"resnetv1d", nil},
		"resnet10_sobel": {"resnet", map[string]any{"with_sobel": true}},
	} {
		t.Run(name, func(t *testing.T) {
			var p struct {
				Depth        int
				Stem         string
				BaseChannels int `json:"base_channels"`
				StemChannels int `json:"stem_channels"`
			}
			ref := oracle(t, name, &p)
			args := map[string]any{"depth": p.Depth, "stem": p.Stem, "base_channels": p.BaseChannels, "stem_channels": p.StemChannels, "out_indices": []any{0, 1, 2, 3, 4}}
			maps.Copy(args, variant.args)
			g := backboneGraph(t, ref, schema.Spec{Type: "backbone", Label: variant.label, Args: args})
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

// comparison is a graph whose outputs have the names of a reference's tensors.
type comparison struct {
	*ir.Graph
	feeds map[string]*ir.Tensor
	names []string // of the outputs in the reference
}

func (c *comparison) output(name string, v *ir.Value) {
	c.Output(v)
	c.names = append(c.names, name)
}

func (c *comparison) judge(t *testing.T, ref *reference, out []*ir.Tensor, bound float64) {
	t.Helper()
	for i, name := range c.names {
		ref.want(t, name, out[i].Data, bound)
	}
}

// execute runs the graph in ONNX Runtime.
func (c *comparison) execute(t *testing.T) []*ir.Tensor {
	t.Helper()
	model, err := onnx.Emit(c.Graph, onnx.Options{Producer: "ssc"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := runModel(t, model, c.Graph, c.feeds)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// backboneGraph builds the backbone on the reference's input with loss = sum(last map · loss_weight) / batch.
func backboneGraph(t *testing.T, ref *reference, spec schema.Spec) *comparison {
	t.Helper()
	net := backbone.Table.New(spec.Label)
	if err := schema.DecodeJSON(net, spec); err != nil {
		t.Fatal(err)
	}
	x := ref.tensor(t, "x")
	b := nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: x.Dims[0]},
		[]plan.ImageType{{Channels: x.Dims[1], Height: x.Dims[2], Width: x.Dims[3], Normalized: true}})
	c := &comparison{Graph: b.G, feeds: map[string]*ir.Tensor{"view0": x}}
	outs := net.Forward(b.Root().Sub("backbone"), b.View(0))
	for _, f := range b.Fields {
		if f.Kind == "noise" {
			c.feeds[f.Name] = ref.tensor(t, "noise")
		}
	}
	for i, m := range outs {
		c.output(fmt.Sprintf("out/%d", i), m)
	}
	last := outs[len(outs)-1]
	weighted := op.Mul(last, op.Const(b.G, ref.tensor(t, "loss_weight")))
	loss := op.Mul(op.ReduceSum(weighted, false), op.Scalar(last, 1/float64(x.Dims[0])))
	c.output("loss", loss)
	wrt := []*ir.Value{b.View(0)}
	names := []string{"grad/x"}
	for _, s := range b.Trained() {
		wrt, names = append(wrt, s.In), append(names, "grad/"+s.Name)
	}
	grads, err := nn.Gradient(loss, wrt)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range grads {
		if g == nil {
			t.Fatalf("%s: no gradient", names[i])
		}
		c.output(names[i], g)
	}
	for _, s := range b.States {
		c.feeds[s.Name] = ref.tensor(t, "state/"+s.Name)
		if s.New != nil {
			c.output("after/"+s.Name, s.New)
		}
	}
	if b.G.Diags.HasErrors() {
		t.Fatal(b.G.Diags)
	}
	c.complete(t, ref)
	return c
}

// complete fails the test when the reference holds results that the graph does not compute.
func (c *comparison) complete(t *testing.T, ref *reference) {
	t.Helper()
	have := "\n" + strings.Join(c.names, "\n") + "\n"
	for name := range ref.FP32 {
		if !strings.Contains(have, "\n"+name+"\n") {
			t.Errorf("the graph does not compute %s", name)
		}
	}
}
