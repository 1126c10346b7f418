package op

import (
	"math"

	"ssc/compiler/ir"
)

// Floor is the largest integer ≤ x, element by element.
func Floor(x *ir.Value) *ir.Value { return ir.Apply1(floor{}, x) }

type floor struct{}

var _ = register(floor{})

func (floor) Name() string { return "Floor" }

func (floor) Doc() ir.Doc {
	return ir.Doc{Text: "The largest integer ≤ x, element by element. Not differentiable: the slope is 0 wherever there is one, so no gradient is passed on.",
		Samples: unarySamples(floor{}, -3, 3)}
}

func (floor) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (floor) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (floor) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Floor)
}
