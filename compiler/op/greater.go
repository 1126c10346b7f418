package op

import "ssc/compiler/ir"

// Greater is true where a is greater than b, with broadcasting.
func Greater(a, b *ir.Value) *ir.Value { return ir.Apply1(greater{}, a, b) }

type greater struct{}

var _ = register(greater{})

func (greater) Name() string { return "Greater" }

func (greater) Doc() ir.Doc {
	return ir.Doc{Text: "a > b as a bool, element by element, with broadcasting; false where either is NaN. Not differentiable.", Samples: compareSamples(greater{})}
}

func (greater) Infer(in []*ir.Value) ([]ir.Type, error) { return inferCompare(in, false) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (greater) Elementwise() {}

func (greater) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (greater) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x > y })
}
