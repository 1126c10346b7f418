package op

import (
	"errors"

	"ssc/compiler/ir"
)

// inferVariadic is the shape rule of element-wise operators of one or more inputs.
func inferVariadic(in []*ir.Value) ([]ir.Type, error) {
	if len(in) == 0 {
		return nil, errors.New("takes at least one input")
	}
	if err := arity(in, len(in), len(in)); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	shapes := make([]ir.Shape, len(in))
	for i, v := range in {
		shapes[i] = v.Shape
	}
	s, err := ir.BroadcastShapes(shapes...)
	if err != nil {
		return nil, err
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, numeric(in...)
}

// evalVariadic folds the broadcast inputs.
func evalVariadic(in []*ir.Tensor, f func(x, y float64) float64) []*ir.Tensor {
	y := in[0]
	for _, x := range in[1:] {
		y = evalBinary(y, x, ir.Invalid, f)[0]
	}
	return []*ir.Tensor{y}
}

// shareGrad is the gradient of Max and Min: dy divided equally among the inputs that attain the result.
func shareGrad(n *ir.Node, dy *ir.Value) []*ir.Value {
	masks := make([]*ir.Value, len(n.In))
	for i, x := range n.In {
		masks[i] = Cast(Equal(x, n.Out[0]), dy.DType)
	}
	share := Div(dy, Sum(masks...))
	dx := make([]*ir.Value, len(n.In))
	for i, m := range masks {
		dx[i] = Mul(share, m)
	}
	return dx
}

// variadicSamples cover one, two and three inputs and broadcasting.
func variadicSamples(o ir.Op) []ir.Sample {
	return []ir.Sample{
		{Label: "one", Op: o, In: []ir.Arg{{Dims: []int{3, 4}}}},
		{Label: "two", Op: o, In: []ir.Arg{{Dims: []int{3, 4}}, {Dims: []int{3, 4}}}},
		{Label: "both", Op: o, In: []ir.Arg{{Dims: []int{3, 1, 2}}, {Dims: []int{1, 4, 2}}, {Dims: []int{}}}},
	}
}
