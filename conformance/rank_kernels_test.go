package conformance

import (
	"math"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
)

// ranks adds the places of the largest and smallest elements of rows that are long, full of equal elements, all equal, all wanted, far apart, or special.
func ranks(add func(string, *ir.Value, ...func(*ir.Arg, int)), input func(ir.DType, ...int) *ir.Value) {
	within := func(lo, hi float64) func(*ir.Arg, int) {
		return func(a *ir.Arg, _ int) { a.Lo, a.Hi = lo, hi }
	}
	special := func(a *ir.Arg, _ int) {
		t := ir.NewTensor(a.DType, a.Dims...)
		for i := range t.Data {
			t.Data[i] = []float64{0, 1, math.Inf(1), math.Copysign(0, -1), -1, math.Inf(-1), math.SmallestNonzeroFloat32, -3}[i*5%8]
		}
		a.Dims, a.Value = nil, t
	}
	for _, largest := range []bool{true, false} {
		label := map[bool]string{true: "largest of ", false: "smallest of "}[largest]
		add(label+"many", fn.TopIndices(input(ir.Float32, 3, 30011), 1500, largest))
		add(label+"near ones", fn.TopIndices(input(ir.Float32, 2, 5003), 700, largest), within(0.5, 0.50001))
		add(label+"equal ones", fn.TopIndices(input(ir.Int64, 2, 5003), 1200, largest), within(-3, 3))
		add(label+"all equal", fn.TopIndices(input(ir.Int64, 2, 300), 20, largest), within(7, 7.5))
		add(label+"far ones", fn.TopIndices(input(ir.Int64, 3, 2500), 2400, largest), within(-1<<44, 1<<44))
		add(label+"all", fn.TopIndices(input(ir.Int64, 20011), 20011, largest), within(0, 4000))
		add(label+"special ones", fn.TopIndices(input(ir.Float32, 2, 24), 20, largest), special)
	}
}
