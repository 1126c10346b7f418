package op

import (
	"math"

	"ssc/compiler/ir"
)

// Div is a / b with broadcasting; integers are truncated towards 0.
func Div(a, b *ir.Value) *ir.Value { return ir.Apply1(div{}, a, b) }

type div struct{}

var _ = register(div{})

func (div) Name() string { return "Div" }

func (div) Doc() ir.Doc {
	return ir.Doc{Text: "a / b, element by element, with broadcasting. Integers are truncated towards 0.", Samples: append(binarySamples(div{}, 0.5, 2), integerSample(div{}))}
}

func (div) Infer(in []*ir.Value) ([]ir.Type, error) { return inferBinary(in, ir.Invalid) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (div) Elementwise() {}

// Neutral is 1: on the right, it leaves the other input as it is.
func (div) Neutral() (number float64, left bool) { return 1, false }

func (div) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	da := Div(dy[0], n.In[1])
	return []*ir.Value{da, Neg(Mul(da, n.Out[0]))}
}

func (div) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 {
		if in[0].DType.IsFloat() {
			return x / y
		}
		return math.Trunc(x / y)
	})
}
