package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// SumSquares is the sum of the squares of all elements: that of a gradient says whether it is finite, and its root is a norm. Shapes: x any; result [], float32.
func SumSquares(x *ir.Value) *ir.Value { return ir.Apply1(sumSquares{}, x) }

type sumSquares struct{}

var _ = register(sumSquares{})

func (sumSquares) Name() string { return "SumSquares" }

func (sumSquares) Doc() ir.Doc {
	return ir.Doc{Text: "The sum of the squares of all elements, a number: not finite where an element is not, or the sum is too large.", Samples: []ir.Sample{
		{Label: "tokens", Op: sumSquares{}, In: []ir.Arg{{Dims: []int{2, 3, 5}}}},
		{Label: "thin", Op: sumSquares{}, In: []ir.Arg{{Dims: []int{4, 1}}}},
		{Label: "number", Op: sumSquares{}, In: []ir.Arg{{Dims: []int{}}}}}}
}

func (f sumSquares) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (sumSquares) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	return []*ir.Value{op.Mul(x, op.Mul(dy[0], op.Scalar(dy[0], 2)))}
}

func (f sumSquares) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f sumSquares) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	return []*ir.Value{op.ReduceSumSquare(in[0], false)}
}

// Narrow: x.
func (sumSquares) Narrow() (in, out []int, begins bool) { return []int{0}, nil, false }
