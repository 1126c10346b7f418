package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// inferBinary is the shape rule of element-wise operators of two inputs: broadcast shapes, one element type. The result has
// type out, or the inputs' type when out is ir.Invalid.
func inferBinary(in []*ir.Value, out ir.DType) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	s, err := ir.BroadcastShapes(in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, err
	}
	if out == ir.Invalid {
		out, err = in[0].DType, numeric(in...)
	}
	return []ir.Type{{DType: out, Shape: s}}, err
}

// evalBinary applies f to the broadcast inputs.
func evalBinary(a, b *ir.Tensor, out ir.DType, f func(x, y float64) float64) []*ir.Tensor {
	s, err := ir.BroadcastShapes(ir.Dims(a.Dims...), ir.Dims(b.Dims...))
	if err != nil {
		panic("op: " + err.Error())
	}
	if out == ir.Invalid {
		out = a.DType
	}
	y := ir.NewTensor(out, s.Sizes()...)
	sa, sb := broadcastStrides(a.Dims, y.Dims), broadcastStrides(b.Dims, y.Dims)
	idx := make([]int, len(y.Dims))
	for i := range y.Data {
		y.Data[i] = f(a.Data[offset(idx, sa)], b.Data[offset(idx, sb)])
		next(idx, y.Dims)
	}
	return []*ir.Tensor{y}
}

// broadcastStrides are the strides with which a tensor of dims is read at indices of the shape to: 0 along axes that are repeated.
func broadcastStrides(dims, to []int) []int {
	s := make([]int, len(to))
	own := ir.Strides(dims)
	off := len(to) - len(dims)
	for i, d := range dims {
		if d != 1 {
			s[off+i] = own[i]
		}
	}
	return s
}

// binarySamples cover equal shapes, a row against a matrix, a scalar, and two-sided broadcasting. b's values come from [lo, hi].
func binarySamples(o ir.Op, lo, hi float64) []ir.Sample {
	pair := func(label string, a, b []int) ir.Sample {
		return ir.Sample{Label: label, Op: o, In: []ir.Arg{{Dims: a}, {Dims: b, Lo: lo, Hi: hi}}}
	}
	return []ir.Sample{pair("equal", []int{3, 4}, []int{3, 4}), pair("row", []int{3, 4}, []int{4}),
		pair("scalar", []int{3, 4}, []int{}), pair("both", []int{3, 1, 2}, []int{1, 4, 2})}
}

// integerSample draws dividends of both signs and positive divisors.
func integerSample(o ir.Op) ir.Sample {
	label := "integer"
	for _, a := range ir.Attrs(o) {
		label += fmt.Sprintf("_%s_%v", a.Name, a.Value)
	}
	return ir.Sample{Label: label, Op: o, In: []ir.Arg{{Dims: []int{3, 4}, DType: ir.Int64, Lo: -9, Hi: 9}, {Dims: []int{4}, DType: ir.Int64, Lo: 1, Hi: 5}}}
}
