package op

import "ssc/compiler/ir"

// And is true where both a and b are, with broadcasting.
func And(a, b *ir.Value) *ir.Value { return ir.Apply1(and{}, a, b) }

type and struct{}

var _ = register(and{})

func (and) Name() string { return "And" }

func (and) Doc() ir.Doc {
	return ir.Doc{Text: "True where both a and b are, of bools, element by element, with broadcasting. Not differentiable.", Samples: logicalSamples(and{})}
}

func (and) Infer(in []*ir.Value) ([]ir.Type, error) { return inferLogical(in, 2) }

// Commutes marks that the order of two inputs does not matter.
func (and) Commutes() {}

// Neutral is true: on either side, it leaves the other input as it is.
func (and) Neutral() (number float64, left bool) { return 1, true }

func (and) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (and) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x != 0 && y != 0 })
}
