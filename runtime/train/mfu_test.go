package train

import (
	"math"
	"testing"
	"time"

	"ssc/compiler/plan"
)

// TestMFU: two steps of 1,000 operations a second on a machine that makes 4,000 use half of it.
func TestMFU(t *testing.T) {
	r := &run{plan: &plan.Plan{Loader: plan.Loader{BatchSize: 4}, Stats: plan.Stats{FLOPs: 1000}}}
	r.clock.rate = 8
	for _, c := range []struct{ peak, want float64 }{{0, 0}, {4000, 0.5}, {math.Inf(1), 0}} {
		if r.clock.peak = c.peak; r.mfu() != c.want {
			t.Errorf("mfu() with a peak of %g = %g, want %g", c.peak, r.mfu(), c.want)
		}
	}
}

// TestMeasurePeak: the processor's peak says nothing about another device or precision.
func TestMeasurePeak(t *testing.T) {
	for _, c := range []struct {
		target plan.Target
		known  bool
	}{{plan.Target{Device: "cpu", Precision: "fp32"}, true}, {plan.Target{Device: "cuda", Precision: "fp32"}, false}, {plan.Target{Device: "cpu", Precision: "bf16"}, false}} {
		r := &run{plan: &plan.Plan{Target: c.target}, Options: Options{Threads: 1}}
		r.clock.start()
		before := r.clock.mark
		r.measurePeak()
		if got := !math.IsInf(r.clock.peak, 1) && r.clock.peak > 0; got != c.known {
			t.Errorf("%+v has a peak of %g, known: want %t", c.target, r.clock.peak, c.known)
		}
		if paused := r.clock.mark.Sub(before); c.known != (paused > 50*time.Millisecond) {
			t.Errorf("%+v: the clock paused %s", c.target, paused)
		}
	}
}
