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

func (add) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value { return []*ir.Value{dy[0], dy[0]} }

func (add) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 { return x + y })
}
