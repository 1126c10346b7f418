package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// QuantizeLinear is x in whole numbers of scale, as 8-bit integers: round(x / scale) + zero, rounded to even and kept within the type of zero.
//
// Shapes: scale and zero are scalars, or [n] for the n indices of the axis of x; the result is as x.
func QuantizeLinear(x, scale, zero *ir.Value, axis int) *ir.Value {
	return ir.Apply1(quantizeLinear{axis}, x, scale, zero)
}

type quantizeLinear struct {
	Axis int `attr:"axis"`
}

var _ = register(quantizeLinear{Axis: 1})

func (quantizeLinear) Name() string { return "QuantizeLinear" }

func (quantizeLinear) Doc() ir.Doc {
	const why = "rounding has no slope"
	return ir.Doc{Text: "x in whole numbers of scale, as 8-bit integers: round(x / scale) + zero_point, halves to the even neighbour, kept within the type of zero_point. One scale for all, or one for each index of the axis. " +
		"Not differentiable.", Samples: []ir.Sample{
		{Label: "tensor", Op: quantizeLinear{1}, In: []ir.Arg{{Dims: []int{2, 3}, Lo: -3, Hi: 3}, {Value: ir.ScalarTensor(ir.Float32, 1.0/64)}, {Value: ir.ScalarTensor(ir.Int8, 0)}}, NoGrad: why},
		{Label: "unsigned", Op: quantizeLinear{1}, In: []ir.Arg{{Dims: []int{4, 1}, Lo: -3, Hi: 3}, {Value: ir.ScalarTensor(ir.Float32, 1.0/32)}, {Value: ir.ScalarTensor(ir.Uint8, 128)}}, NoGrad: why},
		{Label: "channel", Op: quantizeLinear{-1}, In: []ir.Arg{{Dims: []int{4, 2}, Lo: -3, Hi: 3}, {Value: ir.Floats(ir.Float32, []int{2}, 1.0/64, 1.0/16)}, {Value: ir.NewTensor(ir.Int8, 2)}}, NoGrad: why},
	}}
}

func (o quantizeLinear) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if !in[0].DType.IsFloat() {
		return nil, fmt.Errorf("input %s is not of a float type", in[0].Type)
	}
	if err := quantised(in[0], in[1], in[2], o.Axis); err != nil {
		return nil, err
	}
	return []ir.Type{{DType: in[2].DType, Shape: in[0].Shape}}, nil
}

// quantised checks scale and zero point of a tensor.
func quantised(x, scale, zero *ir.Value, axis int) error {
	switch {
	case zero.DType != ir.Int8 && zero.DType != ir.Uint8:
		return fmt.Errorf("zero point %s is neither i8 nor u8", zero.Type)
	case !scale.DType.IsFloat() || !scale.Shape.Equal(zero.Shape):
		return fmt.Errorf("scale %s and zero point %s must be of one shape, and the scale of a float type", scale.Type, zero.Type)
	case len(scale.Shape) == 0:
		return nil
	}
	at, err := axisOf(axis, len(x.Shape))
	if err != nil {
		return err
	}
	if len(scale.Shape) != 1 || !scale.Shape[0].Equal(x.Shape[at]) {
		return fmt.Errorf("scale %s does not fit axis %d of %s", scale.Shape, axis, x.Shape)
	}
	return nil
}

// axisOf counts a negative axis from the end.
func axisOf(axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, fmt.Errorf("axis %d is none of the %d axes", axis, rank)
	}
	return (axis + rank) % rank, nil
}

func (quantizeLinear) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o quantizeLinear) Eval(in []*ir.Tensor) []*ir.Tensor {
	lo, hi := -128.0, 127.0
	if in[2].DType == ir.Uint8 {
		lo, hi = 0, 255
	}
	y := ir.NewTensor(in[2].DType, in[0].Dims...)
	of := channelOf(in[0].Dims, in[1], o.Axis)
	for i, x := range in[0].Data {
		c := of(i)
		y.Data[i] = min(max(math.RoundToEven(x/in[1].Data[c])+in[2].Data[c], lo), hi)
	}
	return []*ir.Tensor{y}
}

// channelOf tells which scale an element has.
func channelOf(dims []int, scale *ir.Tensor, axis int) func(i int) int {
	if len(scale.Dims) == 0 {
		return func(int) int { return 0 }
	}
	at, _ := axisOf(axis, len(dims)) // the shape rule has accepted it
	inner := ir.Dims(dims[at+1:]...).Elems()
	return func(i int) int { return i / inner % dims[at] }
}
