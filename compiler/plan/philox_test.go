package plan

import (
	"math"
	"slices"
	"testing"
)

// The known answers are published with the authors' reference implementation (Random123, kat_vectors, philox4x32 10).
func TestPhiloxKnownAnswers(t *testing.T) {
	ones := uint32(0xffffffff)
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{want: [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := philox(c.counter, c.key); got != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

// Streams that differ in one part of their key share no block, and a stream is the same however it was reached.
func TestStreamsDiffer(t *testing.T) {
	const big = 1 << 40
	type key struct {
		seed    uint64
		use     Use
		a, b, c uint64
	}
	keys := []key{{0, 1, 0, 0, 0}, {1, 1, 0, 0, 0}, {big, 1, 0, 0, 0}, {0, 2, 0, 0, 0}, {0, 1, 1, 0, 0}, {0, 1, big, 0, 0},
		{0, 1, 0, 1, 0}, {0, 1, 0, big, 0}, {0, 1, 0, 0, 1}, {0, 1, 0, 0, big}}
	seen := map[uint64]key{}
	for _, k := range keys {
		r, again := NewRand(k.seed, k.use, k.a, k.b, k.c), NewRand(k.seed, k.use, k.a, k.b, k.c)
		for range 100 {
			x := r.Uint64()
			if y := again.Uint64(); x != y {
				t.Fatalf("stream %v gives %x and %x", k, x, y)
			}
			if other, ok := seen[x]; ok {
				t.Fatalf("streams %v and %v share the number %x", k, other, x)
			}
			seen[x] = k
		}
	}
}

func TestDistributions(t *testing.T) {
	const n = 200_000
	r := NewRand(7, UseStep, 1, 2, 3)
	var sum, square, normal, normal2, normal4 float64
	trues := 0
	for range n {
		u := r.Float64()
		if u < 0 || u >= 1 {
			t.Fatalf("Float64() = %g, want a number in [0,1)", u)
		}
		sum, square = sum+u, square+u*u
		z := r.Normal()
		normal, normal2, normal4 = normal+z, normal2+z*z, normal4+z*z*z*z
		if r.Bool(0.3) {
			trues++
		}
		if f := r.Float32(); f < 0 || f >= 1 {
			t.Fatalf("Float32() = %g, want a number in [0,1)", f)
		}
		if v := r.Uniform(-3, -2); v < -3 || v >= -2 {
			t.Fatalf("Uniform(-3, -2) = %g, want a number in [-3,-2)", v)
		}
	}
	// Each bound is about five standard errors.
	for _, c := range []struct {
		name             string
		got, want, bound float64
	}{
		{"mean of Float64", sum / n, 0.5, 0.0033}, {"mean square of Float64", square / n, 1. / 3, 0.0034},
		{"mean of Normal", normal / n, 0, 0.0112}, {"variance of Normal", normal2 / n, 1, 0.0159},
		{"fourth moment of Normal", normal4 / n, 3, 0.11}, {"rate of Bool(0.3)", float64(trues) / n, 0.3, 0.0052},
	} {
		if math.Abs(c.got-c.want) > c.bound {
			t.Errorf("%s = %g, want %g within %g", c.name, c.got, c.want, c.bound)
		}
	}
}

func TestIntN(t *testing.T) {
	r := NewRand(1, UseStep, 0, 0, 0)
	for _, n := range []int{1, 2, 3, 10, 1000} {
		count := make([]float64, n)
		draws := 400 * n
		for range draws {
			count[r.IntN(n)]++
		}
		chi := 0.0
		for _, c := range count {
			chi += (c - 400) * (c - 400) / 400
		}
		if limit := float64(n-1) + 5*math.Sqrt(2*float64(n)); n > 1 && chi > limit {
			t.Errorf("chi-square of IntN(%d) = %g, want at most %g", n, chi, limit)
		}
	}
	for range 1000 {
		if x := r.IntN(1 << 40); x < 0 || x >= 1<<40 {
			t.Fatalf("IntN(1<<40) = %d", x)
		}
	}
}

func TestPerm(t *testing.T) {
	r := NewRand(3, UseStep, 0, 0, 0)
	count := map[[3]int]int{}
	for range 6000 {
		p := r.Perm(3)
		count[[3]int(p)]++
	}
	if len(count) != 6 {
		t.Fatalf("Perm(3) gave %d orders, want 6", len(count))
	}
	for p, c := range count {
		if c < 855 || c > 1145 { // five standard errors
			t.Errorf("Perm(3) gave %v %d times of 6000, want about 1000", p, c)
		}
	}
	p := r.Perm(100)
	slices.Sort(p)
	for i, x := range p {
		if i != x {
			t.Fatalf("sorted Perm(100)[%d] = %d, want %d", i, x, i)
		}
	}
}

func TestRandAllocatesNothing(t *testing.T) {
	var sink float64
	allocs := testing.AllocsPerRun(100, func() {
		r := NewRand(1, UseView, 2, 3, 4)
		sink += r.Uniform(0, 1) + r.Normal() + float64(r.IntN(10))
	})
	if allocs != 0 {
		t.Errorf("a stream allocates %g times, want 0 (sum %g)", allocs, sink)
	}
}
