package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Add is a + b for tensors of one shape. It is there for bfloat16, which ONNX's operator cannot add on a CPU. Shapes: a, b and the result alike.
func Add(a, b *ir.Value) *ir.Value { return ir.Apply1(add{}, a, b) }

type add struct{}

var _ = register(add{})

func (add) Name() string { return "Add" }

func (add) Doc() ir.Doc {
	return ir.Doc{Text: "a + b, element by element, for tensors of one shape.", Samples: []ir.Sample{
		{Label: "map", Op: add{}, In: []ir.Arg{{Dims: []int{2, 3, 4, 5}}, {Dims: []int{2, 3, 4, 5}}}},
		{Label: "thin", Op: add{}, In: []ir.Arg{{Dims: []int{7, 1}}, {Dims: []int{7, 1}}}},
	}}
}

func (f add) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (add) Elementwise() {}

func (add) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value { return []*ir.Value{dy[0], dy[0]} }

func (f add) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f add) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	return []*ir.Value{op.Add(in[0], in[1])}
}

// Narrow: both inputs and the result.
func (add) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, false }
