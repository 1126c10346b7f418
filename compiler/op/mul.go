package op

import "ssc/compiler/ir"

// Mul is a · b with broadcasting.
func Mul(a, b *ir.Value) *ir.Value { return ir.Apply1(mul{}, a, b) }

type mul struct{}

var _ = register(mul{})

func (mul) Name() string { return "Mul" }

func (mul) Doc() ir.Doc {
	return ir.Doc{Text: "a · b, element by element, with broadcasting.", Samples: binarySamples(mul{}, -1, 1)}
}

func (mul) Infer(in []*ir.Value) ([]ir.Type, error) { return inferBinary(in, ir.Invalid) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (mul) Elementwise() {}

// Commutes marks that the order of two inputs does not matter.
func (mul) Commutes() {}

// Neutral is 1: on either side, it leaves the other input as it is.
func (mul) Neutral() (number float64, left bool) { return 1, true }

func (mul) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Mul(dy[0], n.In[1]), Mul(dy[0], n.In[0])}
}

func (mul) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 { return x * y })
}
