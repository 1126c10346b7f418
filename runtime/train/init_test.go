package train

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"ssc/compiler/plan"
)

// TestUnitRows: each row of a queue starts with length 1, in a direction of its own; zeros stay zeros.
func TestUnitRows(t *testing.T) {
	x := make([]float32, 6*4)
	s := plan.State{Name: "queue", Dims: []int{6, 4}, Init: plan.Init{Kind: "normal", Std: 1, Unit: true}}
	if err := initialise(7, 0, s, x, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		squares := 0.0
		for _, v := range x[4*i : 4*i+4] {
			squares += float64(v) * float64(v)
		}
		if math.Abs(squares-1) > 1e-6 {
			t.Errorf("row %d has length %g, want 1", i, math.Sqrt(squares))
		}
	}
	if slices.Equal(x[:4], x[4:8]) {
		t.Error("two rows are equal")
	}
	zeros := make([]float32, 4)
	unitRows(zeros, 2)
	if !slices.Equal(zeros, make([]float32, 4)) {
		t.Errorf("rows of zeros become %v", zeros)
	}
}

// TestDraw: numbers below the bound, all of them, other ones for another row, step and seed, and the same however many processors fill them.
func TestDraw(t *testing.T) {
	fields := []plan.Field{{Name: "view0", Kind: "view"}, {Name: "negatives", Kind: "draw", Below: 7, Dims: []int{5, 40}}}
	draw := func(seed uint64, step int) []int64 {
		r := &run{plan: &plan.Plan{Seed: seed, Fields: fields}, loop: loopState{Step: step}}
		x := make([]int64, 200)
		r.draw(fields[1], r.loop.Step, x)
		return x
	}
	a := draw(1, 5)
	if all := slices.Compact(slices.Sorted(slices.Values(a))); !slices.Equal(all, []int64{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("200 draws below 7 are %v", all)
	}
	for name, b := range map[string][]int64{"row": append(slices.Clone(a[40:]), a[:40]...), "step": draw(1, 6), "seed": draw(2, 5)} {
		if slices.Equal(a, b) {
			t.Errorf("another %s draws the same numbers", name)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := draw(1, 5)
	runtime.GOMAXPROCS(4)
	if !slices.Equal(a, one) || !slices.Equal(a, draw(1, 5)) {
		t.Error("the number of processors changes the draws")
	}
}

// TestPermutation: a field has one order for each step, and another step or seed has another.
func TestPermutation(t *testing.T) {
	fields := []plan.Field{{Name: "view0", Kind: "view"}, {Name: "shuffle", Kind: "permutation"}}
	draw := func(seed uint64, step int) []int64 {
		r := &run{plan: &plan.Plan{Seed: seed, Fields: fields}, loop: loopState{Step: step}}
		x := make([]int64, 64)
		r.permutation(fields[1], r.loop.Step, x)
		return x
	}
	a := draw(1, 5)
	if sorted := slices.Sorted(slices.Values(a)); sorted[0] != 0 || sorted[63] != 63 || len(slices.Compact(sorted)) != 64 {
		t.Errorf("%v is no order of 0 … 63", a)
	}
	if !slices.Equal(a, draw(1, 5)) {
		t.Error("one step draws two orders")
	}
	for name, b := range map[string][]int64{"step": draw(1, 6), "seed": draw(2, 5)} {
		if slices.Equal(a, b) {
			t.Errorf("another %s draws the same order", name)
		}
	}
}
