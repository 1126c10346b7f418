package op

import (
	"math"

	"ssc/compiler/ir"
)

// Ceil is the smallest integer ≥ x, element by element.
func Ceil(x *ir.Value) *ir.Value { return ir.Apply1(ceil{}, x) }

type ceil struct{}

var _ = register(ceil{})

func (ceil) Name() string { return "Ceil" }

func (ceil) Doc() ir.Doc {
	return ir.Doc{Text: "The smallest integer ≥ x, element by element. Not differentiable: the slope is 0 wherever there is one, so no gradient is passed on.",
		Samples: unarySamples(ceil{}, -3, 3)}
}

func (ceil) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (ceil) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (ceil) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Ceil)
}
