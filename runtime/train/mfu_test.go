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

// TestPeakAgain: a peak that was measured while something was in the way is corrected later, and one that was not is kept.
func TestPeakAgain(t *testing.T) {
	r := &run{plan: &plan.Plan{Target: plan.Target{Device: "cpu", Precision: "fp32"}}, Options: Options{Threads: 1}}
	r.clock.start()
	age := func(seconds int) { r.clock.began = time.Now().Add(-time.Duration(seconds) * time.Second) }
	for _, c := range []struct {
		seconds int
		due     bool
	}{{2, false}, {4, true}, {15, false}, {18, true}, {70, false}, {75, true}} {
		if age(c.seconds); r.clock.peakDue() != c.due {
			t.Errorf("after %d s: due %t, want %t", c.seconds, !c.due, c.due)
		}
		if c.due {
			r.clock.peak = 1
			if r.measurePeak(); r.clock.peak <= 1 {
				t.Error("a better peak was measured, and the old one is kept")
			}
		}
	}
	r.clock.peak = math.MaxFloat64
	if r.measurePeak(); r.clock.peak != math.MaxFloat64 {
		t.Errorf("the peak is %g after a worse one was measured", r.clock.peak)
	}
	if age(3600); !r.clock.peakDue() {
		t.Error("the peak is not due after an hour")
	}
	r.clock.peak = math.Inf(1)
	if r.clock.peakDue() {
		t.Error("a peak that cannot be measured is due again")
	}
}
