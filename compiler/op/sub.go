package op

import "ssc/compiler/ir"

// Sub is a - b with broadcasting.
func Sub(a, b *ir.Value) *ir.Value { return ir.Apply1(sub{}, a, b) }

type sub struct{}

var _ = register(sub{})

func (sub) Name() string { return "Sub" }

func (sub) Doc() ir.Doc {
	return ir.Doc{Text: "a - b, element by element, with broadcasting.", Samples: binarySamples(sub{}, -1, 1)}
}

func (sub) Infer(in []*ir.Value) ([]ir.Type, error) { return inferBinary(in, ir.Invalid) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (sub) Elementwise() {}

// Neutral is 0: on the right, it leaves the other input as it is.
func (sub) Neutral() (number float64, left bool) { return 0, false }

func (sub) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{dy[0], Neg(dy[0])}
}

func (sub) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 { return x - y })
}
