package op

import "ssc/compiler/ir"

// Xor is true where just one of a and b is, with broadcasting.
func Xor(a, b *ir.Value) *ir.Value { return ir.Apply1(xor{}, a, b) }

type xor struct{}

var _ = register(xor{})

func (xor) Name() string { return "Xor" }

func (xor) Doc() ir.Doc {
	return ir.Doc{Text: "True where just one of a and b is, of bools, element by element, with broadcasting. Not differentiable.", Samples: logicalSamples(xor{})}
}

func (xor) Infer(in []*ir.Value) ([]ir.Type, error) { return inferLogical(in, 2) }

// Commutes marks that the order of two inputs does not matter.
func (xor) Commutes() {}

// Neutral is false: on either side, it leaves the other input as it is.
func (xor) Neutral() (number float64, left bool) { return 0, true }

func (xor) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (xor) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalCompare(in, func(x, y float64) bool { return x != y })
}
