package cuda

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// TestEveryOperator: an operator of graphs has a row, and a row an operator.
func TestEveryOperator(t *testing.T) {
	for _, name := range op.Names() {
		if _, ok := kernels[name]; !ok && name != "Constant" {
			t.Errorf("nothing says whether CUDA has a kernel for %s", name)
		}
	}
	for name, k := range kernels {
		if _, ok := op.Lookup(name); !ok {
			t.Errorf("%s is no operator of graphs", name)
		}
		if len(k.in) == 0 {
			t.Errorf("%s takes no types", name)
		}
	}
}

// TestSamplesOfFunctions: the bodies of all functions, at every sample in float32, run on the device.
func TestSamplesOfFunctions(t *testing.T) {
	for _, name := range fn.Names() {
		f, _ := fn.Lookup(name)
		for _, s := range f.Doc().Samples {
			g := ir.New(name)
			in := make([]*ir.Value, len(s.In))
			for i, a := range s.In {
				if a.Value != nil {
					in[i] = op.Const(g, a.Value)
				} else if a.Dims != nil {
					d := a.DType
					if d == ir.Invalid {
						d = ir.Float32
					}
					in[i] = g.Input(string(rune('a'+i)), d, ir.Dims(a.Dims...))
				}
			}
			for _, v := range g.Apply(s.Op, in...) {
				g.Output(v)
			}
			for _, d := range Check(ir.InlineFunctions(g, nil), hcl.Range{}) {
				t.Errorf("%s, %s: %s", name, s.Label, d.Detail)
			}
		}
	}
}

func at(line int) hcl.Range {
	return hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: line, Column: 3}, End: hcl.Pos{Line: line, Column: 9}}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(g *ir.Graph) *ir.Value
		want  string // of the detail; empty: served
	}{
		{"served", func(g *ir.Graph) *ir.Value {
			return op.Conv(g.Input("x", ir.Float32, ir.Dims(1, 1, 4, 4)), g.Input("w", ir.Float32, ir.Dims(1, 1, 3, 3)), nil, op.ConvOptions{})
		}, ""},
		{"constant on the host", func(g *ir.Graph) *ir.Value {
			return op.Reshape(g.Input("x", ir.BFloat16, ir.Dims(2, 3)), ir.Dims(6))
		}, ""},
		{"type", func(g *ir.Graph) *ir.Value {
			x := g.Input("x", ir.Bool, ir.Dims(2))
			return op.Where(x, x, x)
		}, "its input 1 is bool, and the CUDA provider takes f32, f64, bf16, f16, i64, i32, u8 there"},
		{"bfloat16", func(g *ir.Graph) *ir.Value { return op.Log(g.Input("x", ir.BFloat16, ir.Dims(2))) }, `precision = "fp32"`},
		{"host", func(g *ir.Graph) *ir.Value { return op.Shape(g.Input("x", ir.Float32, ir.Dims(2))) }, "memory of the processor"},
		{"computed on the device", func(g *ir.Graph) *ir.Value {
			return ir.Apply1(mustLookup(t, "Reshape"), g.Input("x", ir.Float32, ir.Dims(6)), op.Identity(g.Input("shape", ir.Int64, ir.Dims(1))))
		}, "read on the processor"},
		{"unknown", func(g *ir.Graph) *ir.Value { return ir.Apply1(unserved{}, g.Input("x", ir.Float32, ir.Dims(2))) }, "no kernel"},
	} {
		g := ir.New("train")
		back := g.At(at(7))
		g.Output(c.build(g))
		back()
		diags := Check(g, at(1))
		switch {
		case c.want == "" && len(diags) == 0:
		case c.want == "" || len(diags) != 1:
			t.Errorf("%s: %d diagnostics %v", c.name, len(diags), diags)
		case !strings.Contains(diags[0].Detail, c.want) || diags[0].Subject.Start.Line != 7:
			t.Errorf("%s: %s at line %d, want %q at line 7", c.name, diags[0].Detail, diags[0].Subject.Start.Line, c.want)
		}
	}
}

// TestTraining: normalisation over the batch has no kernel with its statistics updated.
func TestTraining(t *testing.T) {
	g := ir.New("train")
	c := g.Input("c", ir.Float32, ir.Dims(3))
	norm, err := ir.WithAttrs(mustLookup(t, "BatchNormalization"), []ir.Attr{{Name: "training_mode", Value: 1}})
	if err != nil {
		t.Fatal(err)
	}
	g.Output(g.Apply(norm, g.Input("x", ir.Float32, ir.Dims(2, 3, 4, 4)), c, c, c, c)[0])
	if d := Check(g, at(1)); len(d) != 1 || !strings.Contains(d[0].Detail, "training_mode") || d[0].Subject.Start.Line != 1 {
		t.Errorf("%v", d)
	}
}

// TestOnce: many nodes of one block with one fault are one error, and another block's are another.
func TestOnce(t *testing.T) {
	g := ir.New("train")
	x := g.Input("x", ir.BFloat16, ir.Dims(2))
	for _, line := range []int{3, 3, 4} {
		back := g.At(at(line))
		x = op.Log(x)
		back()
	}
	g.Output(x)
	if d := Check(g, hcl.Range{}); len(d) != 2 {
		t.Errorf("%d errors, want 2: %v", len(d), d)
	}
}

func mustLookup(t *testing.T, name string) ir.Op {
	t.Helper()
	o, ok := op.Lookup(name)
	if !ok {
		t.Fatalf("no operator %s", name)
	}
	return o
}

// unserved is an operator that no provider knows.
type unserved struct{}

func (unserved) Name() string                            { return "Unserved" }
func (unserved) Doc() ir.Doc                             { return ir.Doc{} }
func (unserved) Infer(in []*ir.Value) ([]ir.Type, error) { return []ir.Type{in[0].Type}, nil }
func (unserved) Grad(*ir.Node, []*ir.Value) []*ir.Value  { return nil }
func (unserved) Eval([]*ir.Tensor) []*ir.Tensor          { return nil }
