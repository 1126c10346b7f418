package op

import (
	"math"

	"ssc/compiler/ir"
)

// Sqrt is √x, element by element.
func Sqrt(x *ir.Value) *ir.Value { return ir.Apply1(sqrt{}, x) }

type sqrt struct{}

var _ = register(sqrt{})

func (sqrt) Name() string { return "Sqrt" }

func (sqrt) Doc() ir.Doc {
	return ir.Doc{Text: "√x, element by element; NaN below 0. The gradient dy / 2y is infinite at 0: add a small number to x where 0 can occur.",
		Samples: unarySamples(sqrt{}, 0.2, 3)}
}

func (sqrt) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (sqrt) Elementwise() {}

func (sqrt) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Div(Mul(dy[0], Scalar(dy[0], 0.5)), n.Out[0])}
}

func (sqrt) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Sqrt)
}
