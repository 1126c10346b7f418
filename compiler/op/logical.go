package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// number is ONNX's bool as the evaluator holds it.
func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// inferCompare is the shape rule of comparisons: broadcast shapes, one element type, a bool for an answer. Bools are compared
// only where bools is true.
func inferCompare(in []*ir.Value, bools bool) ([]ir.Type, error) {
	types, err := inferBinary(in, ir.Bool)
	if err == nil && !bools {
		err = numeric(in...)
	}
	return types, err
}

// inferLogical is the shape rule of operators on n bools.
func inferLogical(in []*ir.Value, n int) ([]ir.Type, error) {
	if err := arity(in, n, n); err != nil {
		return nil, err
	}
	shapes := make([]ir.Shape, n)
	for i, v := range in {
		if v.DType != ir.Bool {
			return nil, fmt.Errorf("needs bools, got %s", v.Type)
		}
		shapes[i] = v.Shape
	}
	s, err := ir.BroadcastShapes(shapes...)
	return []ir.Type{{DType: ir.Bool, Shape: s}}, err
}

// evalCompare applies a predicate to the broadcast inputs.
func evalCompare(in []*ir.Tensor, f func(x, y float64) bool) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Bool, func(x, y float64) float64 { return number(f(x, y)) })
}

// compareSamples are those of binary operators and small integers, which have ties.
func compareSamples(o ir.Op) []ir.Sample {
	x := ir.Arg{Dims: []int{3, 5}, DType: ir.Int64, Lo: 0, Hi: 3}
	return append(binarySamples(o, -1, 1), ir.Sample{Label: "ties", Op: o, In: []ir.Arg{x, x}})
}

// logicalSamples cover equal shapes and two-sided broadcasting.
func logicalSamples(o ir.Op) []ir.Sample {
	x := func(dims ...int) ir.Arg { return ir.Arg{Dims: dims, DType: ir.Bool} }
	return []ir.Sample{
		{Label: "equal", Op: o, In: []ir.Arg{x(3, 4), x(3, 4)}},
		{Label: "both", Op: o, In: []ir.Arg{x(3, 1), x(1, 4)}},
	}
}
