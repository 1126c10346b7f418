package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// DequantizeLinear is (x - zero)·scale: what QuantizeLinear rounded.
//
// Shapes: scale and zero are scalars, or [n] for the n indices of the axis of x; the result is as x, of the type of scale.
func DequantizeLinear(x, scale, zero *ir.Value, axis int) *ir.Value {
	return ir.Apply1(dequantizeLinear{axis}, x, scale, zero)
}

type dequantizeLinear struct {
	Axis int `attr:"axis"`
}

var _ = register(dequantizeLinear{Axis: 1})

func (dequantizeLinear) Name() string { return "DequantizeLinear" }

func (dequantizeLinear) Doc() ir.Doc {
	const why = "whole numbers have no slope"
	return ir.Doc{Text: "(x - zero_point) · scale, of the type of scale. One scale for all, or one for each index of the axis. Not differentiable.", Samples: []ir.Sample{
		{Label: "tensor", Op: dequantizeLinear{1}, In: []ir.Arg{{Dims: []int{2, 3}, DType: ir.Int8, Lo: -128, Hi: 128}, {Value: ir.ScalarTensor(ir.Float32, 1.0/64)}, {Value: ir.ScalarTensor(ir.Int8, 0)}}, NoGrad: why},
		{Label: "unsigned", Op: dequantizeLinear{1}, In: []ir.Arg{{Dims: []int{4, 1}, DType: ir.Uint8, Lo: 0, Hi: 256}, {Value: ir.ScalarTensor(ir.Float32, 1.0/32)}, {Value: ir.ScalarTensor(ir.Uint8, 128)}}, NoGrad: why},
		{Label: "channel", Op: dequantizeLinear{-2}, In: []ir.Arg{{Dims: []int{2, 3}, DType: ir.Int8, Lo: -128, Hi: 128}, {Value: ir.Floats(ir.Float32, []int{2}, 1.0/64, 3)}, {Value: ir.NewTensor(ir.Int8, 2)}}, NoGrad: why},
	}}
}

func (o dequantizeLinear) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if in[0].DType != in[2].DType {
		return nil, fmt.Errorf("input %s and zero point %s are not of one type", in[0].Type, in[2].Type)
	}
	if err := quantised(in[0], in[1], in[2], o.Axis); err != nil {
		return nil, err
	}
	return []ir.Type{{DType: in[1].DType, Shape: in[0].Shape}}, nil
}

func (dequantizeLinear) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o dequantizeLinear) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := ir.NewTensor(in[1].DType, in[0].Dims...)
	of := channelOf(in[0].Dims, in[1], o.Axis)
	for i, x := range in[0].Data {
		c := of(i)
		y.Data[i] = (x - in[2].Data[c]) * in[1].Data[c]
	}
	return []*ir.Tensor{y}
}
