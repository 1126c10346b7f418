package op

import (
	"math"

	"ssc/compiler/ir"
)

// Tanh is the hyperbolic tangent, element by element.
func Tanh(x *ir.Value) *ir.Value { return ir.Apply1(tanh{}, x) }

type tanh struct{}

var _ = register(tanh{})

func (tanh) Name() string { return "Tanh" }

func (tanh) Doc() ir.Doc {
	return ir.Doc{Text: "The hyperbolic tangent, element by element. The gradient is dy · (1 - y²).",
		Samples: unarySamples(tanh{}, -2, 2)}
}

func (tanh) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (tanh) Elementwise() {}

func (tanh) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y := n.Out[0]
	return []*ir.Value{Mul(dy[0], Sub(Scalar(y, 1), Mul(y, y)))}
}

func (tanh) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Tanh)
}
