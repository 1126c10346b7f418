package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// Softmax is e^x / Σ e^x, the sum running along one axis.
func Softmax(x *ir.Value, axis int) *ir.Value { return ir.Apply1(softmax{axis}, x) }

type softmax struct {
	Axis int `attr:"axis"`
}

var _ = register(softmax{-1})

func (softmax) Name() string { return "Softmax" }

func (softmax) Doc() ir.Doc {
	return ir.Doc{Text: "e^x / Σ e^x along an axis.", Samples: softmaxSamples(func(axis int) ir.Op { return softmax{axis} })}
}

func softmaxSamples(with func(axis int) ir.Op) []ir.Sample {
	return []ir.Sample{
		{Label: "last", Op: with(-1), In: []ir.Arg{{Dims: []int{3, 5}, Lo: -2, Hi: 2}}},
		{Label: "middle", Op: with(1), In: []ir.Arg{{Dims: []int{2, 3, 4}, Lo: -2, Hi: 2}}},
		{Label: "thin", Op: with(0), In: []ir.Arg{{Dims: []int{1, 3}, Lo: -2, Hi: 2}}},
	}
}

func (s softmax) Infer(in []*ir.Value) ([]ir.Type, error) { return inferAlong(in, s.Axis) }

// inferAlong is the shape rule of operators that work along one axis and keep the shape.
func inferAlong(in []*ir.Value, axis int) ([]ir.Type, error) {
	types, err := inferUnary(in, true)
	if err != nil {
		return nil, err
	}
	if _, err := normAxis(axis, len(in[0].Shape)); err != nil {
		return nil, fmt.Errorf("input %s: %w", in[0].Shape, err)
	}
	return types, nil
}

func (s softmax) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y := n.Out[0]
	return []*ir.Value{Mul(y, Sub(dy[0], ReduceSum(Mul(dy[0], y), true, s.Axis)))}
}

func (s softmax) Eval(in []*ir.Tensor) []*ir.Tensor {
	return mapAlong(in[0], s.Axis, func(row []float64) {
		top, sum := maxOf(row), 0.0
		for i, x := range row {
			row[i] = math.Exp(x - top)
			sum += row[i]
		}
		for i := range row {
			row[i] /= sum
		}
	})
}

// mapAlong applies f, which works in place, to every line of x along an axis.
func mapAlong(x *ir.Tensor, axis int, f func(line []float64)) []*ir.Tensor {
	axis, err := normAxis(axis, len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	y := x.Clone()
	n, stride := x.Dims[axis], ir.Strides(x.Dims)[axis]
	line := make([]float64, n)
	for first := range y.Data {
		if first/stride%n != 0 {
			continue
		}
		for i := range line {
			line[i] = y.Data[first+i*stride]
		}
		f(line)
		for i, v := range line {
			y.Data[first+i*stride] = v
		}
	}
	return []*ir.Tensor{y}
}

func maxOf(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = max(top, x)
	}
	return top
}
