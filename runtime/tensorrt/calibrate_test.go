package tensorrt

import (
	"math"
	"testing"
)

// TestPercentile: of a hundred thousand small magnitudes and a few large ones the large are cut off; where they are more than the share they count.
func TestPercentile(t *testing.T) {
	for _, c := range []struct {
		outliers int
		want     float64
	}{{0, 1}, {5, 1}, {20, 100}} {
		k := &calibration{most: map[string]float64{}, counts: map[string]*[bins]int{"x": {}}}
		x := make([]float32, 100_000)
		for i := range x {
			x[i] = float32(math.Sin(float64(i)))
		}
		for i := range c.outliers {
			x[i*7] = -100
		}
		k.largest("x", x)
		k.count("x", x)
		got := percentile(k.counts["x"], k.most["x"], Percentile)
		if bin := k.most["x"] / bins; math.Abs(got-c.want) > 1.01*bin {
			t.Errorf("%d outliers: %g, want %g within a bin of %g", c.outliers, got, c.want, bin)
		}
	}
	if got := percentile(new([bins]int), 0, Percentile); got != 0 {
		t.Errorf("nothing but zeros: %g, want 0", got)
	}
}
