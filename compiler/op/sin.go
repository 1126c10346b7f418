package op

import (
	"math"

	"ssc/compiler/ir"
)

// Sin is the sine of x in radians, element by element.
func Sin(x *ir.Value) *ir.Value { return ir.Apply1(sin{}, x) }

type sin struct{}

var _ = register(sin{})

func (sin) Name() string { return "Sin" }

func (sin) Doc() ir.Doc {
	return ir.Doc{Text: "The sine of x in radians, element by element.",
		Samples: unarySamples(sin{}, -3, 3)}
}

func (sin) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (sin) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Mul(dy[0], Cos(n.In[0]))}
}

func (sin) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Sin)
}
