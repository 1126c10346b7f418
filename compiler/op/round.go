package op

import (
	"math"

	"ssc/compiler/ir"
)

// Round is the nearest integer, element by element.
func Round(x *ir.Value) *ir.Value { return ir.Apply1(round{}, x) }

type round struct{}

var _ = register(round{})

func (round) Name() string { return "Round" }

func (round) Doc() ir.Doc {
	return ir.Doc{Text: "The nearest integer, element by element; halves go to the even neighbour. Not differentiable: the slope is 0 wherever there is one, so no gradient is passed on.",
		Samples: unarySamples(round{}, -3, 3)}
}

func (round) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (round) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (round) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.RoundToEven)
}
