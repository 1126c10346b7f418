package op

import "ssc/compiler/ir"

// Not is true where x is false.
func Not(x *ir.Value) *ir.Value { return ir.Apply1(not{}, x) }

type not struct{}

var _ = register(not{})

func (not) Name() string { return "Not" }

func (not) Doc() ir.Doc {
	return ir.Doc{Text: "True where the bool x is false. Not differentiable.", Samples: []ir.Sample{
		{Label: "matrix", Op: not{}, In: []ir.Arg{{Dims: []int{3, 5}, DType: ir.Bool}}},
		{Label: "thin", Op: not{}, In: []ir.Arg{{Dims: []int{2, 1}, DType: ir.Bool}}},
	}}
}

func (not) Infer(in []*ir.Value) ([]ir.Type, error) { return inferLogical(in, 1) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (not) Elementwise() {}

func (not) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (not) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 { return number(x == 0) })
}
