package op

import "ssc/compiler/ir"

// Less is true where a is less than b, with broadcasting.
func Less(a, b *ir.Value) *ir.Value { return ir.Apply1(less{}, a, b) }

type less struct{}

var _ = register(less{})

func (less) Name() string { return "Less" }

func (less) Doc() ir.Doc {
	return ir.Doc{Text: "a < b as a bool, element by element, with broadcasting; false where either is NaN. Not differentiable.", Samples: compareSamples(less{})}
}

func (less) Infer(in []*ir.Value) ([]ir.Type, error) { return inferCompare(in, false) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (less) Elementwise() {}

func (less) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (less) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x < y })
}
