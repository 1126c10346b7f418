package optest

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"ssc/compiler/ir"
)

// gap is how far apart distinct values are: ir.Arg.
const gap = 0.05

// Draw returns the values of an argument; the same key gives the same values. Floats are exact in float32, those of bfloat16 in that. It is an error when
// distinct values do not fit between explicit bounds; the default bounds are widened.
func Draw(key string, a ir.Arg) (*ir.Tensor, error) {
	if a.Value != nil {
		return a.Value, nil
	}
	d := a.DType
	if d == ir.Invalid {
		d = ir.Float32
	}
	t, r := ir.NewTensor(d, a.Dims...), source(key)
	lo, hi := bounds(a, d, len(t.Data))
	switch {
	case a.Distinct:
		return t, distinct(t, lo, hi, r)
	case d.IsFloat():
		for i := range t.Data {
			t.Data[i] = held(d, lo+(hi-lo)*r.Float64())
		}
	default:
		for i := range t.Data {
			t.Data[i] = math.Floor(lo + (hi-lo)*r.Float64())
		}
	}
	return t, nil
}

// held is the number near x that the type, or float32 in its place, can hold.
func held(d ir.DType, x float64) float64 {
	if d == ir.BFloat16 {
		return ir.RoundBFloat16(x)
	}
	return float64(float32(x))
}

// source is a generator that depends on the key alone.
func source(key string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // a hash does not fail
	return rand.New(rand.NewPCG(h.Sum64(), 0))
}

// bounds resolves the default of an argument's range: both values of a bool, else [-1, 1], wide enough for n distinct floats.
func bounds(a ir.Arg, d ir.DType, n int) (lo, hi float64) {
	switch {
	case d == ir.Bool:
		return 0, 2
	case a.Lo != 0 || a.Hi != 0:
		return a.Lo, a.Hi
	case a.Distinct && d.IsFloat():
		half := math.Max(1, gap*float64(n))
		return -half, half
	}
	return -1, 1
}

// distinct fills t with values in random order, one in each of as many equal parts of [lo, hi] as t has elements.
func distinct(t *ir.Tensor, lo, hi float64, r *rand.Rand) error {
	n := len(t.Data)
	width, least := (hi-lo)/float64(n), gap
	if !t.DType.IsFloat() {
		least = 1
	}
	if width < least {
		return fmt.Errorf("%d values at least %g apart do not fit into [%g, %g]", n, least, lo, hi)
	}
	for i, k := range r.Perm(n) {
		x := lo + width*float64(k) + (width-least)*r.Float64()
		if t.DType.IsFloat() {
			t.Data[i] = held(t.DType, x)
		} else {
			t.Data[i] = math.Floor(x)
		}
	}
	return nil
}
