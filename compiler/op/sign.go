package op

import "ssc/compiler/ir"

// Sign is -1, 0 or 1, element by element.
func Sign(x *ir.Value) *ir.Value { return ir.Apply1(sign{}, x) }

type sign struct{}

var _ = register(sign{})

func (sign) Name() string { return "Sign" }

func (sign) Doc() ir.Doc {
	return ir.Doc{Text: "-1, 0 or 1, the sign of x, element by element; NaN stays NaN. Not differentiable: the slope is 0 wherever there is one, so no gradient is passed on.",
		Samples: unarySamples(sign{}, -1, 1)}
}

func (sign) Infer(in []*ir.Value) ([]ir.Type, error) { return inferNumeric(in) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (sign) Elementwise() {}

func (sign) Grad(*ir.Node, []*ir.Value) []*ir.Value {
	return nil
}

func (sign) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	})
}
