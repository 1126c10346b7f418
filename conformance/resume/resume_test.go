// Package resume proves that an interrupted run that is resumed ends with the bytes of one that was left alone, whatever interrupts it and however many workers
// load its images. spec/reliability.md says which fault is tested where.
package resume

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
