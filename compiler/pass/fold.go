package pass

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// What folding may make and spend. Larger constants would only be stored in the model, and the reference evaluator that computes them
// is slow: 4 Mi operations take some 20 ms.
const (
	maxFolded   = 64 << 10 // elements of a result that is larger than what it is made of
	maxRepeated = 1 << 10  // elements of such a result that repeats one number: broadcasting does that for free
	maxFoldCost = 4 << 20  // operations
)

// foldOpt evaluates the nodes whose inputs are all constants. Inputs and results are rounded to their element type, as they are in a
// run; a result that an integer type cannot hold, or that would be a large repeated number, is left to the run.
func foldOpt(g *ir.Graph) (bool, error) {
	return sweep(g, func(n *ir.Node) []*ir.Value {
		if n.Out[0].Const() != nil {
			return nil
		}
		in, size := make([]*ir.Tensor, len(n.In)), int64(0)
		for i, v := range n.In {
			if v == nil {
				continue
			}
			t, ok := v.Const(), false
			if t == nil {
				return nil
			}
			if in[i], ok = stored(t); !ok {
				return nil
			}
			size += v.Shape.Size()
		}
		if !worthFolding(n, size) {
			return nil
		}
		tensors := n.Op.Eval(in)
		out := make([]*ir.Value, len(n.Out))
		for i, t := range tensors {
			t, ok := stored(t)
			if !ok || int64(len(t.Data)) > max(size, maxRepeated) && uniform(t) {
				return nil
			}
			out[i] = op.Const(g, t)
		}
		return out
	}), nil
}

// worthFolding looks at sizes alone: size is the number of elements of all inputs.
func worthFolding(n *ir.Node, size int64) bool {
	made := int64(0)
	for _, v := range n.Out {
		if !v.Shape.Static() {
			return false
		}
		made += v.Shape.Size()
	}
	if made > max(size, maxFolded) {
		return false
	}
	flops, _ := Cost(n)
	return flops <= maxFoldCost
}

// uniform reports whether a tensor repeats one number, bit for bit.
func uniform(t *ir.Tensor) bool {
	for _, x := range t.Data {
		if math.Float64bits(x) != math.Float64bits(t.Data[0]) {
			return false
		}
	}
	return len(t.Data) > 0
}

// stored is t as its element type holds it; false when an integer type does not, or float64 is not exact for it.
func stored(t *ir.Tensor) (*ir.Tensor, bool) {
	y := &ir.Tensor{DType: t.DType, Dims: t.Dims, Data: make([]float64, len(t.Data))}
	for i, x := range t.Data {
		if y.Data[i] = round(t.DType, x); !t.DType.IsFloat() && !holds(t.DType, x) {
			return nil, false
		}
	}
	return y, true
}

// holds reports whether an integer type has the number.
func holds(d ir.DType, x float64) bool {
	lo, hi := -float64(1<<53), float64(1<<53)
	switch d {
	case ir.Int32:
		lo, hi = math.MinInt32, math.MaxInt32
	case ir.Uint8:
		lo, hi = 0, math.MaxUint8
	case ir.Int8:
		lo, hi = math.MinInt8, math.MaxInt8
	case ir.Bool:
		lo, hi = 0, 1
	}
	return x == math.Trunc(x) && x >= lo && x <= hi
}

// round is x in the precision of a float type, ties to even, overflow to infinity.
func round(d ir.DType, x float64) float64 {
	switch d {
	case ir.Float32:
		return float64(float32(x))
	case ir.BFloat16:
		return quantise(float64(float32(x)), 8, -133, 0x1.FEp127)
	case ir.Float16:
		return quantise(float64(float32(x)), 11, -24, 65504)
	}
	return x
}

// quantise rounds to so many bits of mantissa, to no less than 2^least, and makes what exceeds most infinite.
func quantise(x float64, bits, least int, most float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	_, e := math.Frexp(x)
	step := math.Ldexp(1, max(e-bits, least))
	y := math.Copysign(math.RoundToEven(x/step)*step, x)
	if math.Abs(y) > most {
		return math.Copysign(math.Inf(1), x)
	}
	return y
}
