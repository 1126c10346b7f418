package op

import (
	"math"

	"ssc/compiler/ir"
)

// Cos is the cosine of x in radians, element by element.
func Cos(x *ir.Value) *ir.Value { return ir.Apply1(cos{}, x) }

type cos struct{}

var _ = register(cos{})

func (cos) Name() string { return "Cos" }

func (cos) Doc() ir.Doc {
	return ir.Doc{Text: "The cosine of x in radians, element by element.",
		Samples: unarySamples(cos{}, -3, 3)}
}

func (cos) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (cos) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Neg(Mul(dy[0], Sin(n.In[0])))}
}

func (cos) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Cos)
}
