package transform

import (
	"math"
	"testing"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// TestLightingShift compares with numpy: eigvec @ (alpha * eigval) / std.
func TestLightingShift(t *testing.T) {
	l := &lighting{}
	schema.Of(l)
	for _, c := range []struct {
		alpha, want [3]float64
	}{
		{[3]float64{0.1, -0.2, 0.05}, [3]float64{-0.06531491, -0.05713674, -0.04438349}},
		{[3]float64{0, 0, 0}, [3]float64{}},
		{[3]float64{-0.3, 0.1, 0.4}, [3]float64{0.17075586, 0.16260509, 0.16680096}},
	} {
		for i, got := range l.shift(c.alpha) {
			if math.Abs(float64(got)-c.want[i]) > 2e-8 {
				t.Errorf("shift(%v)[%d] = %.8f, want %.8f", c.alpha, i, got, c.want[i])
			}
		}
	}
}

// TestLightingApply: every pixel of a channel moves alike, another draw moves them otherwise, and the deviation of the red channel over
// many draws is that of its formula.
func TestLightingApply(t *testing.T) {
	l, n := &lighting{}, &normalize{}
	schema.Of(l)
	schema.Of(n)
	n.mean, n.std = []float64{0.5}, l.std
	var plain, m Image
	plain.Lend(noise(3, 2, 3), 3, 2, 3)
	if err := n.Apply(&plain, nil); err != nil {
		t.Fatal(err)
	}
	const draws = 2000
	sum2 := 0.0
	for i := range draws {
		m.Lend(noise(3, 2, 3), 3, 2, 3)
		if err := n.Apply(&m, nil); err != nil {
			t.Fatal(err)
		}
		r := plan.NewRand(1, plan.UseView, uint64(i), 0, 0)
		if err := l.Apply(&m, &r); err != nil {
			t.Fatal(err)
		}
		for c := range 3 {
			first := m.Planes[6*c] - plain.Planes[6*c]
			for p := 6 * c; p < 6*c+6; p++ {
				if d := m.Planes[p] - plain.Planes[p]; math.Abs(float64(d-first)) > 1e-6 {
					t.Fatalf("draw %d moves pixel %d by %g and pixel %d by %g", i, p, d, 6*c, first)
				}
			}
			if c == 0 {
				sum2 += float64(first) * float64(first)
			}
		}
	}
	// √Σ (P_0k λ_k)² · 0.1 / 0.229
	if got, want := math.Sqrt(sum2/draws), 0.05423; math.Abs(got-want) > 0.05*want {
		t.Errorf("deviation of the red channel = %.4f, want about %.4f", got, want)
	}
}

func TestLightingShape(t *testing.T) {
	l := &lighting{}
	for _, c := range []struct {
		in plan.ImageType
		ok bool
	}{
		{plan.ImageType{Channels: 3, Height: 4, Width: 4, Normalized: true}, true},
		{plan.ImageType{Channels: 3, Height: 4, Width: 4}, false},
		{plan.ImageType{Channels: 1, Height: 4, Width: 4, Normalized: true}, false},
	} {
		if _, err := l.Shape(c.in); (err == nil) != c.ok {
			t.Errorf("Shape(%+v) = %v, want accepted %t", c.in, err, c.ok)
		}
	}
}
