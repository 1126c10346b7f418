package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Expand repeats x along axes of size 1 until it has the shape to, which must be static. It is x itself when nothing is to be repeated.
func Expand(x *ir.Value, to ir.Shape) *ir.Value {
	if x.Valid() && x.Shape.Equal(to) {
		return x
	}
	y := ir.Apply1(expand{}, x, ConstInts(x.Graph(), to.Sizes()...))
	if y.Valid() && y.Shape.Equal(to) {
		y.Shape = to.Clone()
	}
	return y
}

type expand struct{}

var _ = register(expand{})

func (expand) Name() string { return "Expand" }

func (expand) Doc() ir.Doc {
	return ir.Doc{Text: "Broadcast x against a shape.", Samples: []ir.Sample{
		{Label: "rows", Op: expand{}, In: []ir.Arg{{Dims: []int{3, 1}}, {Value: ir.Ints(3, 4)}}},
		{Label: "rank", Op: expand{}, In: []ir.Arg{{Dims: []int{1, 4}}, {Value: ir.Ints(2, 3, 1)}}},
	}}
}

func (expand) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	to, err := constInts(in, 1, "the shape")
	if err != nil {
		return nil, err
	}
	for _, n := range to {
		if n < 0 {
			return nil, fmt.Errorf("shape %v has a negative axis", to)
		}
	}
	s, err := ir.BroadcastShapes(in[0].Shape, ir.Dims(to...))
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

func (expand) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value { return []*ir.Value{dy[0], nil} }

func (expand) Eval(in []*ir.Tensor) []*ir.Tensor {
	one := ir.NewTensor(in[0].DType, in[1].Int()...)
	return evalBinary(in[0], one, ir.Invalid, func(x, _ float64) float64 { return x })
}
