package op

import "ssc/compiler/ir"

// GreaterOrEqual is true where a is at least b, with broadcasting.
func GreaterOrEqual(a, b *ir.Value) *ir.Value { return ir.Apply1(greaterOrEqual{}, a, b) }

type greaterOrEqual struct{}

var _ = register(greaterOrEqual{})

func (greaterOrEqual) Name() string { return "GreaterOrEqual" }

func (greaterOrEqual) Doc() ir.Doc {
	return ir.Doc{Text: "a ≥ b as a bool, element by element, with broadcasting; false where either is NaN. Not differentiable.", Samples: compareSamples(greaterOrEqual{})}
}

func (greaterOrEqual) Infer(in []*ir.Value) ([]ir.Type, error) { return inferCompare(in, false) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (greaterOrEqual) Elementwise() {}

func (greaterOrEqual) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (greaterOrEqual) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x >= y })
}
