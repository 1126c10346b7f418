// Package resume proves that an interrupted run that is resumed ends with the bytes of one that was left alone, whatever interrupts it and however many workers
// load its images. spec/reliability.md says which fault is tested where.
package resume

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// TestWorkersAndThreads: the number of workers changes nothing, and neither do ONNX Runtime's threads on a model of this size.
func TestWorkersAndThreads(t *testing.T) {
	for _, o := range []train.Options{{Workers: 2}, {Workers: 7}, {Workers: 2, Threads: 2}} {
		t.Run(fmt.Sprintf("workers=%d/threads=%d", o.Workers, o.Threads), func(t *testing.T) {
			o.Dir = t.TempDir()
			got, _ := tiny().finish(t, o)
			compare(t, got, undisturbed())
		})
	}
}

// TestStopped stops a run by its context, as a signal does, at a step or in the middle of a measurement.
func TestStopped(t *testing.T) {
	for i, at := range []int{1, 4, 5, 7, 10, 14, 15} {
		workers := []int{1, 2, 7}[i%3]
		t.Run(fmt.Sprintf("workers=%d/step=%d", workers, at), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stopping := &told{step: func(s train.Status) {
				if s.Step == at {
					cancel() // at the end of an epoch, 5, 10 and 15, this is before the monitor
				}
			}}
			_, err := tiny().run(ctx, train.Options{Dir: dir, Workers: workers, Report: stopping})
			if !errors.Is(err, train.ErrStopped) {
				t.Fatalf("the stopped run ended with %v, want %v", err, train.ErrStopped)
			}
			got, _ := tiny().finish(t, train.Options{Dir: dir, Workers: workers})
			compareStopped(t, got, undisturbed())
		})
	}
}

// TestSavesByTime: a checkpoint is written when the time is over, also where no step or epoch asks for one, and before a measurement that may take long. The bits stay the same.
func TestSavesByTime(t *testing.T) {
	r := compile(t, images(), "train.checkpoint.steps=0", "train.checkpoint.epochs=100", "train.checkpoint.minutes=1e-9")
	got, said := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	if want := fmt.Sprintf("(checkpoints: %d)", 15+3); !strings.Contains(said.said(), want) { // every step, and the end of each epoch again
		t.Errorf("the run said %q, want %q", said.said(), want)
	}
	seldom := compile(t, images(), "train.checkpoint.steps=0", "train.checkpoint.epochs=100")
	want, said := seldom.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	if !strings.Contains(said.said(), "(checkpoints: 1)") {
		t.Errorf("the run said %q, want one checkpoint, at its end", said.said())
	}
	for name, text := range want {
		if strings.HasSuffix(name, ".safetensors") && got[name] != text || strings.HasPrefix(name, "metrics") && got[name] != text {
			t.Errorf("%s differs when checkpoints are written more often", name)
		}
	}
}

// TestStoppedBefore: a run that is stopped while it opens its data has not failed.
func TestStoppedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if _, err := tiny().run(ctx, train.Options{Dir: dir}); !errors.Is(err, train.ErrStopped) {
		t.Errorf("a run that was stopped at once ended with %v, want %v", err, train.ErrStopped)
	}
	got, _ := tiny().finish(t, train.Options{Dir: dir})
	compareStopped(t, got, undisturbed())
}
