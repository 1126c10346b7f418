package op

import "ssc/compiler/ir"

// Const puts a tensor into the graph. Equal constants become one node in the common-subexpression pass.
func Const(g *ir.Graph, t *ir.Tensor) *ir.Value { return g.Apply(constant{Value: t})[0] }

// ConstInts is an int64 vector, as ONNX takes axes and shapes.
func ConstInts(g *ir.Graph, v ...int) *ir.Value { return Const(g, ir.Ints(v...)) }

// Scalar is a number of rank 0 and of the element type of like, to combine with like by broadcasting.
func Scalar(like *ir.Value, x float64) *ir.Value {
	return Const(like.Graph(), ir.ScalarTensor(like.DType, x))
}

type constant struct {
	Value *ir.Tensor `attr:"value"`
}

var _ = register(constant{})

func (constant) Name() string { return "Constant" }

func (constant) Doc() ir.Doc {
	return ir.Doc{Text: "A tensor known when the graph is built.", Samples: []ir.Sample{
		{Label: "vector", Op: constant{ir.Floats(ir.Float32, []int{3}, 1, -2, 0.5)}},
		{Label: "thin", Op: constant{ir.Floats(ir.Int64, []int{3, 1}, 4, 0, -5)}},
		{Label: "scalar", Op: constant{ir.ScalarTensor(ir.Float32, 3)}},
	}}
}

// Constant makes ir.Value.Const see the tensor.
func (c constant) Constant() *ir.Tensor { return c.Value }

func (c constant) Infer(in []*ir.Value) ([]ir.Type, error) {
	return []ir.Type{c.Value.Type()}, arity(in, 0, 0)
}

func (constant) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (c constant) Eval([]*ir.Tensor) []*ir.Tensor { return []*ir.Tensor{c.Value} }
