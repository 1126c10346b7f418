package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// After is x, given out no sooner than event has been computed: what is made of it does not run, and takes no memory, before. Shapes: x [batch, …], as the result; event any.
func After(x, event *ir.Value) *ir.Value { return ir.Apply1(after{}, x, event) }

type after struct{}

var _ = register(after{})

func (after) Name() string { return "After" }

func (after) Doc() ir.Doc {
	return ir.Doc{Text: "The first input, given out no sooner than the second has been computed, whatever that is: every bit of it stays.", Samples: []ir.Sample{
		{Label: "matrix", Op: after{}, In: []ir.Arg{{Dims: []int{3, 2}}, {Dims: []int{2, 5}}}},
		{Label: "thin", Op: after{}, In: []ir.Arg{{Dims: []int{3, 1}}, {Dims: []int{1}}}}}}
}

func (f after) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs: nothing is computed.
func (after) FLOPs(*ir.Node) int64 { return 0 }

// Event is the position of the input of which only the moment counts.
func (after) Event() int { return 1 }

func (after) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value { return []*ir.Value{dy[0], nil} }

func (f after) Eval(in []*ir.Tensor) []*ir.Tensor { return in[:1] }

// Body chooses between x and x by an element of the event: a condition that depends on data is one that nobody can compute beforehand.
func (f after) Body(in []*ir.Value) []*ir.Value {
	element := op.Gather(op.Reshape(in[1], ir.Dims(-1)), op.Const(in[1].Graph(), ir.ScalarTensor(ir.Int64, 0)), 0)
	return []*ir.Value{op.Where(op.Greater(element, op.Scalar(element, 0)), in[0], in[0])}
}
