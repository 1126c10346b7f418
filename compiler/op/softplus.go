package op

import (
	"math"

	"ssc/compiler/ir"
)

// Softplus is ln(1+e^x), element by element.
func Softplus(x *ir.Value) *ir.Value { return ir.Apply1(softplus{}, x) }

type softplus struct{}

var _ = register(softplus{})

func (softplus) Name() string { return "Softplus" }

func (softplus) Doc() ir.Doc {
	return ir.Doc{Text: "ln(1+e^x), element by element. The gradient is dy · Sigmoid(x).",
		Samples: unarySamples(softplus{}, -3, 3)}
}

func (softplus) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (softplus) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Mul(dy[0], Sigmoid(n.In[0]))}
}

func (softplus) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 {
		return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) // does not overflow
	})
}
