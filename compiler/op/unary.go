package op

import "ssc/compiler/ir"

// inferUnary is the shape rule of element-wise operators of one input: the output is like the input.
func inferUnary(in []*ir.Value, float bool) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	return []ir.Type{in[0].Type}, sameDType(float, in[0])
}

// inferNumeric is inferUnary for operators that integers have too.
func inferNumeric(in []*ir.Value) ([]ir.Type, error) {
	types, err := inferUnary(in, false)
	if err != nil {
		return nil, err
	}
	return types, numeric(in[0])
}

// evalUnary applies f to every element.
func evalUnary(x *ir.Tensor, f func(float64) float64) []*ir.Tensor {
	y := ir.NewTensor(x.DType, x.Dims...)
	for i, v := range x.Data {
		y.Data[i] = f(v)
	}
	return []*ir.Tensor{y}
}

// unarySamples are two shapes, one with an axis of size 1, drawn from [lo, hi].
func unarySamples(o ir.Op, lo, hi float64) []ir.Sample {
	return []ir.Sample{
		{Label: "matrix", Op: o, In: []ir.Arg{{Dims: []int{3, 5}, Lo: lo, Hi: hi}}},
		{Label: "thin", Op: o, In: []ir.Arg{{Dims: []int{2, 1, 4}, Lo: lo, Hi: hi}}},
	}
}
