package op

import (
	"math"

	"ssc/compiler/ir"
)

// IsInf is true where x is infinite, of either sign.
func IsInf(x *ir.Value) *ir.Value { return ir.Apply1(isInf{Negative: true, Positive: true}, x) }

type isInf struct {
	Negative bool `attr:"detect_negative"`
	Positive bool `attr:"detect_positive"`
}

var _ = register(isInf{Negative: true, Positive: true})

func (isInf) Name() string { return "IsInf" }

func (isInf) Doc() ir.Doc {
	special := func(label string, o isInf) ir.Sample {
		return ir.Sample{Label: label, Op: o, In: []ir.Arg{{Value: specials()}}}
	}
	return ir.Doc{Text: "True where x is infinite, of the signs that are asked for. Not differentiable.",
		Samples: append(unarySamples(isInf{Negative: true, Positive: true}, -1, 1),
			special("both", isInf{Negative: true, Positive: true}), special("positive", isInf{Positive: true}),
			special("negative", isInf{Negative: true}))}
}

func (isInf) Infer(in []*ir.Value) ([]ir.Type, error) { return inferTest(in) }

func (isInf) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o isInf) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalTest(in[0], func(x float64) bool { return o.Positive && math.IsInf(x, 1) || o.Negative && math.IsInf(x, -1) })
}

// inferTest is the shape rule of predicates on floats.
func inferTest(in []*ir.Value) ([]ir.Type, error) {
	types, err := inferUnary(in, true)
	if err != nil {
		return nil, err
	}
	types[0].DType = ir.Bool
	return types, nil
}

// evalTest applies a predicate to every element.
func evalTest(x *ir.Tensor, f func(float64) bool) []*ir.Tensor {
	y := evalUnary(x, func(v float64) float64 { return number(f(v)) })
	y[0].DType = ir.Bool
	return y
}

// specials are the floats that predicates tell apart.
func specials() *ir.Tensor {
	return ir.Floats(ir.Float32, []int{5}, math.NaN(), math.Inf(1), math.Inf(-1), 0, -1.5)
}
