package op

import (
	"math"

	"ssc/compiler/ir"
)

// Log is the natural logarithm, element by element.
func Log(x *ir.Value) *ir.Value { return ir.Apply1(log{}, x) }

type log struct{}

var _ = register(log{})

func (log) Name() string { return "Log" }

func (log) Doc() ir.Doc {
	return ir.Doc{Text: "The natural logarithm, element by element: -Inf at 0, NaN below. The gradient is dy / x.",
		Samples: unarySamples(log{}, 0.2, 3)}
}

func (log) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (log) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Div(dy[0], n.In[0])}
}

func (log) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Log)
}
