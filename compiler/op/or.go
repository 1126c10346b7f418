package op

import "ssc/compiler/ir"

// Or is true where a or b is, with broadcasting.
func Or(a, b *ir.Value) *ir.Value { return ir.Apply1(or{}, a, b) }

type or struct{}

var _ = register(or{})

func (or) Name() string { return "Or" }

func (or) Doc() ir.Doc {
	return ir.Doc{Text: "True where a or b is, of bools, element by element, with broadcasting. Not differentiable.", Samples: logicalSamples(or{})}
}

func (or) Infer(in []*ir.Value) ([]ir.Type, error) { return inferLogical(in, 2) }

// Commutes marks that the order of two inputs does not matter.
func (or) Commutes() {}

// Neutral is false: on either side, it leaves the other input as it is.
func (or) Neutral() (number float64, left bool) { return 0, true }

func (or) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (or) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x != 0 || y != 0 })
}
