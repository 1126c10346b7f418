package op

import (
	"math"

	"ssc/compiler/ir"
)

// IsNaN is true where x is not a number.
func IsNaN(x *ir.Value) *ir.Value { return ir.Apply1(isNaN{}, x) }

type isNaN struct{}

var _ = register(isNaN{})

func (isNaN) Name() string { return "IsNaN" }

func (isNaN) Doc() ir.Doc {
	return ir.Doc{Text: "True where x is not a number. Not differentiable.", Samples: append(unarySamples(isNaN{}, -1, 1),
		ir.Sample{Label: "special", Op: isNaN{}, In: []ir.Arg{{Value: specials()}}})}
}

func (isNaN) Infer(in []*ir.Value) ([]ir.Type, error) { return inferTest(in) }

func (isNaN) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (isNaN) Eval(in []*ir.Tensor) []*ir.Tensor { return evalTest(in[0], math.IsNaN) }
