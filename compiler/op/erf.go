package op

import (
	"math"

	"ssc/compiler/ir"
)

// Erf is the error function, element by element.
func Erf(x *ir.Value) *ir.Value { return ir.Apply1(erf{}, x) }

type erf struct{}

var _ = register(erf{})

func (erf) Name() string { return "Erf" }

func (erf) Doc() ir.Doc {
	return ir.Doc{Text: "The error function 2/√π · ∫₀ˣ exp(-t²) dt, element by element.",
		Samples: unarySamples(erf{}, -2, 2)}
}

func (erf) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (erf) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	return []*ir.Value{Mul(dy[0], Mul(Exp(Neg(Mul(x, x))), Scalar(x, 2/math.SqrtPi)))}
}

func (erf) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Erf)
}
