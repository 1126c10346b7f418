package onnx_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
)

var update = flag.Bool("update", false, "rewrite the golden models")

// affine is by*x + plus, plus optional: a function whose body depends on its attribute and on its inputs.
type affine struct {
	By    float64 `attr:"by"`
	Axes  []int   `attr:"axes"`
	Label string  `attr:"label,omitempty"`
}

func (affine) Name() string                              { return "Affine" }
func (affine) Doc() ir.Doc                               { return ir.Doc{} }
func (affine) Grad(*ir.Node, []*ir.Value) []*ir.Value    { return nil }
func (f affine) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }
func (f affine) Eval(in []*ir.Tensor) []*ir.Tensor       { return ir.EvalBody(f, in) }
func (f affine) Body(in []*ir.Value) []*ir.Value {
	y := op.Mul(in[0], op.Scalar(in[0], f.By))
	if len(in) > 1 && in[1] != nil {
		y = op.Add(y, in[1])
	}
	return []*ir.Value{y}
}

// chain calls affine twice, with a gap in the inputs, and returns two values.
type chain struct{}

func (chain) Name() string                              { return "Chain" }
func (chain) MaxOutputs() int                           { return 2 }
func (chain) Doc() ir.Doc                               { return ir.Doc{} }
func (chain) Grad(*ir.Node, []*ir.Value) []*ir.Value    { return nil }
func (f chain) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }
func (f chain) Eval(in []*ir.Tensor) []*ir.Tensor       { return ir.EvalBody(f, in) }
func (chain) Body(in []*ir.Value) []*ir.Value {
	a := ir.Apply1(affine{By: 0.5}, in[0], in[2])
	return []*ir.Value{a, ir.Apply1(affine{By: -2}, a)}
}

// fixture is a graph with values for its inputs. external names the inputs that become external initializers.
type fixture struct {
	name     string
	g        *ir.Graph
	feeds    map[string]*ir.Tensor
	external map[string]bool
}

func (f fixture) options() onnx.Options {
	return onnx.Options{Producer: "ssc", Version: "test", Ranges: true, External: func(name string) bool { return f.external[name] }}
}

func floats(dims []int, data ...float64) *ir.Tensor { return ir.Floats(ir.Float32, dims, data...) }

// step has what a training graph has: nested and specialised functions, an optional input that is absent, a guarded update, booleans,
// a constant as output, a symbolic axis beside a static one, source ranges.
func step() fixture {
	g := ir.New("step")
	x := g.Input("x", ir.Float32, ir.Named("batch", 2, "dim", 3))
	w := g.Input("w", ir.Float32, ir.Named("dim", 3))
	gate := g.Input("gate", ir.Bool, ir.Dims())
	undo := g.At(hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 3, Column: 5}, End: hcl.Pos{Line: 3, Column: 9}})
	exit := g.In("head/chain")
	y := ir.Apply(chain{}, x, nil, w)
	exit()
	undo()
	z := ir.Apply1(affine{By: 3, Axes: []int{1}, Label: "é"}, y[1], nil)
	grad := op.ReduceSum(ir.Apply1(affine{By: 0.25}, z, w), false, 0)
	ok := op.And(gate, op.Less(op.ReduceMax(op.Abs(grad), false, 0), op.Scalar(grad, 1e9)))
	next := op.Where(ok, op.Sub(w, op.Mul(grad, op.Scalar(w, 0.1))), w)
	g.Rename(next, "w.next")
	g.Output(next)
	g.Output(y[0])
	g.Output(op.Cast(ok, ir.Int64))
	g.Output(op.Const(g, ir.Floats(ir.Float16, []int{2}, 1, -0.333251953125)))
	return fixture{"step", g, map[string]*ir.Tensor{"x": floats([]int{2, 3}, 1, -2, 3, 0.5, 0.25, -1),
		"w": floats([]int{3}, 1, 2, -3), "gate": ir.ScalarTensor(ir.Bool, 1)}, nil}
}

// extract has what an exported graph has: standard operators, a symbolic batch, weights as external initializers.
func extract() fixture {
	g := ir.New("extract")
	batch := ir.Dim{Name: "batch", Size: -1}
	x := g.Input("image", ir.Float32, ir.Shape{batch, {Name: "channel", Size: 1}, {Size: 4}, {Size: 3}})
	w := g.Input("conv.weight", ir.Float32, ir.Dims(2, 1, 3, 3))
	fc := g.Input("fc.weight", ir.Float32, ir.Dims(2, 3))
	y := op.Relu(op.Conv(x, w, nil, op.ConvOptions{Pads: []int{1, 1, 1, 1}, Strides: []int{2, 1}}))
	y = op.MatMul(op.Flatten(op.GlobalAveragePool(y), 1), fc)
	y = op.Softmax(y, 1)
	g.Rename(y, "features")
	g.Output(y)
	ramp := func(dims ...int) *ir.Tensor {
		t := ir.NewTensor(ir.Float32, dims...)
		for i := range t.Data {
			t.Data[i] = float64(i%7)/4 - 0.5
		}
		return t
	}
	return fixture{"extract", g, map[string]*ir.Tensor{"image": ramp(5, 1, 4, 3), "conv.weight": ramp(2, 1, 3, 3), "fc.weight": ramp(2, 3)},
		map[string]bool{"conv.weight": true, "fc.weight": true}}
}

func lookup(name string) (ir.Op, bool) {
	switch name {
	case "ai.ssc.Affine":
		return affine{}, true
	case "ai.ssc.Chain":
		return chain{}, true
	}
	return fn.Any(name)
}

var importer = onnx.Importer{Lookup: lookup, Const: op.Const}

// TestGolden compares the bytes with the committed models, which check.py runs in ONNX Runtime against the committed values.
func TestGolden(t *testing.T) {
	for _, f := range []fixture{step(), extract()} {
		b, err := onnx.Emit(f.g, f.options())
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.g.Eval(f.feeds)
		if err != nil {
			t.Fatal(err)
		}
		values, err := json.MarshalIndent(map[string]any{"feeds": f.feeds, "outputs": out, "external": f.external}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, f.name+".json", append(values, '\n'))
		if want := golden(t, f.name+".onnx", b); !bytes.Equal(b, want) {
			old, err := onnx.ReadModel(want)
			if err != nil {
				t.Fatal(err)
			}
			now, err := onnx.ReadModel(b)
			if err != nil {
				t.Fatal(err)
			}
			t.Errorf("Emit(%s) differs from the golden model (-golden +got):\n%s", f.name, cmp.Diff(old, now))
		}
	}
}

// golden returns the content of a file of testdata, which is rewritten first with -update. A text that differs fails the test.
func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(name) == ".json" && !bytes.Equal(want, got) {
		t.Errorf("%s differs (-golden +got):\n%s", name, cmp.Diff(string(want), string(got)))
	}
	return want
}
