package conformance

import (
	"math"
	"slices"
	"syscall"
	"testing"

	"ssc/compiler"
	"ssc/runtime/ort"
	"ssc/runtime/train"
)

// stepper compiles a pipeline for the native kernels and prepares its training graph.
func stepper(t *testing.T, threads int, file string, sets ...string) (*compiler.Result, *train.Stepper) {
	t.Helper()
	r := compileWith(t, compiler.Options{Kernels: kernelNames(t)}, file, sets...)
	s, err := train.NewStepper(r.Plan, r.Files["train.onnx"], threads)
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

// pageFaults are those of this process that took no disk.
func pageFaults(t *testing.T) int64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Minflt
}

// TestPageFaults: after twenty steps a step gets no memory from the system any more. Some few faults are the garbage collector's and the test's own.
func TestPageFaults(t *testing.T) {
	_, s := stepper(t, 2, "../bench/resnet18.hcl", "loader.batch_size=8")
	defer s.Close()
	var before int64
	const warm, steps, few = 20, 10, 20
	for i := range warm + steps {
		if i == warm {
			before = pageFaults(t)
		}
		if _, err := s.Step(1e-4); err != nil {
			t.Fatal(err)
		}
	}
	if n := pageFaults(t) - before; n > few {
		t.Errorf("%d steps have %d page faults, want at most %d in all", steps, n, few)
	}
}

// TestPredictedPeak compares the peak that a plan states with what a step takes at its worst moment, the scratch of kernels included, on one thread and two; and with the memory that the
// system has given for it.
func TestPredictedPeak(t *testing.T) {
	const narrowed = "train.precision=bf16"
	for _, c := range []struct {
		file    string
		threads int
		sets    []string
	}{
		{"../bench/resnet18.hcl", 1, []string{"loader.batch_size=16"}},
		{"../bench/resnet18.hcl", 2, []string{"loader.batch_size=16"}},
		{"../bench/resnet50.hcl", 2, []string{"loader.batch_size=4"}},
		{"../bench/vit_small.hcl", 2, []string{"loader.batch_size=4"}},
		{"../examples/selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl", 2, nil},
		{"../bench/resnet18.hcl", 2, []string{"loader.batch_size=16", narrowed}},
		{"../bench/resnet50.hcl", 2, []string{"loader.batch_size=4", narrowed}},
		{"../examples/selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl", 2, []string{narrowed}},
	} {
		if slices.Contains(c.sets, narrowed) && !ort.FastBFloat16() {
			continue // what is converted to float32 and back takes memory that a plan does not know of
		}
		before := ort.MemoryUse()
		r, s := stepper(t, c.threads, c.file, c.sets...)
		ort.BeginPeak()
		for range 2 {
			if _, err := s.Step(1e-4); err != nil {
				t.Fatal(err)
			}
		}
		m := ort.MemoryUse()
		s.Close()
		predicted := float64(r.Plan.Stats.Peak(c.threads) - r.Plan.Stats.StateBytes)
		peak := float64(m.Peak - before.InUse)
		t.Logf("%s %v on %d threads: %.4f of the prediction", c.file, c.sets, c.threads, peak/predicted)
		if math.Abs(peak/predicted-1) > 0.02 {
			t.Errorf("%s %v on %d threads: a step takes %.0f bytes between inputs and outputs, predicted are %.0f", c.file, c.sets, c.threads, peak, predicted)
		}
		// In bfloat16 transforms of Winograd's algorithm can be the largest pieces by far, and none of what is reserved be large enough: the arena grows then, once.
		if held := float64(m.Held - before.Held); !slices.Contains(c.sets, narrowed) && held > 4./3*predicted+4<<20 {
			t.Errorf("%s: the arena takes %.0f bytes from the system, want no more than the four thirds of the predicted %.0f that it reserves", c.file, held, predicted)
		}
	}
}
