package op

import "ssc/compiler/ir"

// Equal is true where a equals b, with broadcasting.
func Equal(a, b *ir.Value) *ir.Value { return ir.Apply1(equal{}, a, b) }

type equal struct{}

var _ = register(equal{})

func (equal) Name() string { return "Equal" }

func (equal) Doc() ir.Doc {
	return ir.Doc{Text: "a = b as a bool, element by element, with broadcasting; false where either is NaN. Bools may be compared too. Not differentiable.", Samples: compareSamples(equal{})}
}

func (equal) Infer(in []*ir.Value) ([]ir.Type, error) { return inferCompare(in, true) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (equal) Elementwise() {}

// Commutes marks that the order of two inputs does not matter.
func (equal) Commutes() {}

func (equal) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (equal) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x == y })
}
