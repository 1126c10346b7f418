package op

import "ssc/compiler/ir"

// inferArg is the shape rule of ArgMax and ArgMin.
func inferArg(in []*ir.Value, axis int, keep bool) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	axis, err := normAxis(axis, len(in[0].Shape))
	if err != nil {
		return nil, err
	}
	return []ir.Type{{DType: ir.Int64, Shape: reduceShape(in[0].Shape, []int{axis}, keep)}}, numeric(in[0])
}

// evalArg finds the position along axis of the element that better prefers over all before it.
func evalArg(x *ir.Tensor, axis int, keep bool, better func(x, best float64) bool) []*ir.Tensor {
	axis, err := normAxis(axis, len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	shape := ir.Dims(x.Dims...)
	y := ir.NewTensor(ir.Int64, reduceShape(shape, []int{axis}, true).Sizes()...)
	strides, step := ir.Strides(x.Dims), ir.Strides(x.Dims)[axis]
	idx := make([]int, len(y.Dims))
	for i := range y.Data {
		start := offset(idx, strides)
		best := x.Data[start]
		for k := 1; k < x.Dims[axis]; k++ {
			if v := x.Data[start+k*step]; better(v, best) {
				best, y.Data[i] = v, float64(k)
			}
		}
		next(idx, y.Dims)
	}
	y.Dims = reduceShape(shape, []int{axis}, keep).Sizes()
	return []*ir.Tensor{y}
}

// argSamples cover the default, a negative axis, an axis of size 1, and ties with both choices among equals.
func argSamples(with func(axis int, keep, last bool) ir.Op) []ir.Sample {
	x := ir.Arg{Dims: []int{3, 4, 2}, Distinct: true}
	ties := ir.Arg{Dims: []int{4, 6}, DType: ir.Int32, Lo: 0, Hi: 3}
	return []ir.Sample{
		{Label: "default", Op: with(0, true, false), In: []ir.Arg{x}},
		{Label: "negative", Op: with(-2, false, false), In: []ir.Arg{x}},
		{Label: "thin", Op: with(1, true, false), In: []ir.Arg{{Dims: []int{3, 1}}}},
		{Label: "first", Op: with(1, false, false), In: []ir.Arg{ties}},
		{Label: "last", Op: with(1, false, true), In: []ir.Arg{ties}},
	}
}
