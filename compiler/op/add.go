package op

import "ssc/compiler/ir"

// Add is a + b with broadcasting.
func Add(a, b *ir.Value) *ir.Value { return ir.Apply1(add{}, a, b) }

type add struct{}

var _ = register(add{})

func (add) Name() string { return "Add" }

func (add) Doc() ir.Doc {
	return ir.Doc{Text: "a + b, element by element, with broadcasting.", Samples: binarySamples(add{}, -1, 1)}
}

func (add) Infer(in []*ir.Value) ([]ir.Type, error) { return inferBinary(in, ir.Invalid) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (add) Elementwise() {}

// Commutes marks that the order of two inputs does not matter.
func (add) Commutes() {}

// Neutral is 0: on either side, it leaves the other input as it is.
func (add) Neutral() (number float64, left bool) { return 0, true }

func (add) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value { return []*ir.Value{dy[0], dy[0]} }

func (add) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 { return x + y })
}
