package op

import (
	"math"

	"ssc/compiler/ir"
)

// Sigmoid is 1/(1+e^-x), element by element.
func Sigmoid(x *ir.Value) *ir.Value { return ir.Apply1(sigmoid{}, x) }

type sigmoid struct{}

var _ = register(sigmoid{})

func (sigmoid) Name() string { return "Sigmoid" }

func (sigmoid) Doc() ir.Doc {
	return ir.Doc{Text: "1/(1+e^-x), element by element. The gradient is dy · y · (1 - y).",
		Samples: unarySamples(sigmoid{}, -3, 3)}
}

func (sigmoid) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (sigmoid) Elementwise() {}

func (sigmoid) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y := n.Out[0]
	return []*ir.Value{Mul(dy[0], Mul(y, Sub(Scalar(y, 1), y)))}
}

func (sigmoid) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
}
