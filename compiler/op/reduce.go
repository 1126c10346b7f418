package op

import (
	"math"

	"ssc/compiler/ir"
)

// axesInput is the constant axes input of a reduction; none given means all axes, which ONNX writes as an absent input.
func axesInput(x *ir.Value, axes []int) *ir.Value {
	if len(axes) == 0 {
		return nil
	}
	return ConstInts(x.Graph(), axes...)
}

// reducedAxes resolves input 1 of a reduction. The result is sorted; no axes means all unless noop is set.
func reducedAxes(axes []int, rank int, noop bool) ([]int, error) {
	if len(axes) == 0 && !noop {
		all := make([]int, rank)
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	return normAxes(axes, rank)
}

// inferReduce is the shape rule of reductions.
func inferReduce(in []*ir.Value, keep, noop bool) ([]ir.Type, error) {
	if err := arity(in, 1, 2); err != nil {
		return nil, err
	}
	if err := numeric(in[0]); err != nil {
		return nil, err
	}
	axes, err := constInts(in, 1, "the list of axes")
	if err != nil {
		return nil, err
	}
	if axes, err = reducedAxes(axes, len(in[0].Shape), noop); err != nil {
		return nil, err
	}
	return []ir.Type{{DType: in[0].DType, Shape: reduceShape(in[0].Shape, axes, keep)}}, nil
}

func reduceShape(s ir.Shape, axes []int, keep bool) ir.Shape {
	gone := map[int]bool{}
	for _, a := range axes {
		gone[a] = true
	}
	out := ir.Shape{}
	for i, d := range s {
		switch {
		case !gone[i]:
			out = append(out, d)
		case keep:
			out = append(out, ir.Dim{Name: d.Name, Size: 1})
		}
	}
	return out
}

// evalReduce folds every group of elements that fall together: acc = f(acc, x) from init, then done(acc, count).
func evalReduce(in []*ir.Tensor, keep, noop bool, init float64, f func(acc, x float64) float64, done func(acc float64, n int) float64) []*ir.Tensor {
	x := in[0]
	var axes []int
	if a := at(in, 1); a != nil {
		axes = a.Int()
	}
	axes, err := reducedAxes(axes, len(x.Dims), noop)
	if err != nil {
		panic("op: " + err.Error())
	}
	kept := reduceShape(ir.Dims(x.Dims...), axes, true).Sizes()
	y := ir.NewTensor(x.DType, kept...)
	for i := range y.Data {
		y.Data[i] = init
	}
	count := 1
	for _, a := range axes {
		count *= x.Dims[a]
	}
	strides := broadcastStrides(kept, x.Dims)
	idx := make([]int, len(x.Dims))
	for _, v := range x.Data {
		o := offset(idx, strides)
		y.Data[o] = f(y.Data[o], v)
		next(idx, x.Dims)
	}
	for i, v := range y.Data {
		y.Data[i] = done(v, count)
		if !x.DType.IsFloat() {
			y.Data[i] = math.Trunc(y.Data[i]) // a mean or a norm of integers is an integer
		}
	}
	y.Dims = reduceShape(ir.Dims(x.Dims...), axes, keep).Sizes()
	return []*ir.Tensor{y}
}

// dataGrad is a reduction's list of gradients: dx for the data, none for the axes.
func dataGrad(n *ir.Node, dx *ir.Value) []*ir.Value {
	grads := make([]*ir.Value, len(n.In))
	grads[0] = dx
	return grads
}

// asIs ends a reduction whose accumulator is the result.
func asIs(acc float64, _ int) float64 { return acc }

// reducedCount is how many elements of n's input fall together. Symbolic axes count as 1; Expand reports them.
func reducedCount(n *ir.Node, noop bool) int {
	axes, _ := constInts(n.In, 1, "")
	axes, _ = reducedAxes(axes, len(n.In[0].Shape), noop)
	count := 1
	for _, a := range axes {
		count *= max(n.In[0].Shape[a].Size, 1)
	}
	return count
}

// shareReduced is the gradient of ReduceMax and ReduceMin: dy divided equally among the elements that attain the result.
func shareReduced(n *ir.Node, dy *ir.Value, keep, noop bool) *ir.Value {
	mask := Cast(Equal(n.In[0], unreduce(n, n.Out[0], keep, noop)), dy.DType)
	count := ir.Apply1(reduceSum{Keep: true, Noop: noop}, mask, at(n.In, 1))
	return Mul(mask, Div(unreduce(n, dy, keep, noop), count))
}

// reduceSamples cover one axis, several, negative ones, all, and both settings of keepdims.
func reduceSamples(with func(keep bool) ir.Op, lo, hi float64, distinct bool) []ir.Sample {
	x := ir.Arg{Dims: []int{3, 2, 4}, Lo: lo, Hi: hi, Distinct: distinct}
	return []ir.Sample{
		{Label: "last", Op: with(true), In: []ir.Arg{x, {Value: ir.Ints(-1)}}},
		{Label: "two", Op: with(false), In: []ir.Arg{x, {Value: ir.Ints(0, 2)}}},
		{Label: "all", Op: with(false), In: []ir.Arg{x, {}}},
		{Label: "thin", Op: with(true), In: []ir.Arg{{Dims: []int{2, 1, 3}, Lo: lo, Hi: hi, Distinct: distinct}, {Value: ir.Ints(1)}}},
	}
}
