package op

import "ssc/compiler/ir"

// LessOrEqual is true where a is at most b, with broadcasting.
func LessOrEqual(a, b *ir.Value) *ir.Value { return ir.Apply1(lessOrEqual{}, a, b) }

type lessOrEqual struct{}

var _ = register(lessOrEqual{})

func (lessOrEqual) Name() string { return "LessOrEqual" }

func (lessOrEqual) Doc() ir.Doc {
	return ir.Doc{Text: "a ≤ b as a bool, element by element, with broadcasting; false where either is NaN. Not differentiable.", Samples: compareSamples(lessOrEqual{})}
}

func (lessOrEqual) Infer(in []*ir.Value) ([]ir.Type, error) { return inferCompare(in, false) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (lessOrEqual) Elementwise() {}

func (lessOrEqual) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (lessOrEqual) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x <= y })
}
