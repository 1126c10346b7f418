package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"ssc/setup/cache"
)

// starts compares the time from process start to the end of the first step, and the peak memory of a few steps, whole processes.
func starts(python string) error {
	var ours, peer, memory, peerMemory []float64
	for range 5 {
		t, _, err := ourRun(1)
		if err != nil {
			return err
		}
		ours = append(ours, t)
		var r struct {
			Total float64 `json:"total_ms"`
		}
		if err := last(&r, tuned, python, "bench/torch_start.py", "--net", "fmnist"); err != nil {
			return err
		}
		peer = append(peer, r.Total)
	}
	report("start to end of first step, example", "ms", median(ours), median(peer), median(peer)/median(ours), "ours compiles and opens the data too")
	for range 3 {
		_, m, err := ourRun(8)
		if err != nil {
			return err
		}
		memory = append(memory, m)
		var r struct {
			Peak float64 `json:"peak_rss_mb"`
		}
		if err := last(&r, nil, python, "bench/torch_step.py", "--net", "fmnist", "--steps", "5", "--warmup", "3"); err != nil {
			return err
		}
		peerMemory = append(peerMemory, r.Peak)
	}
	report("peak memory, example", "MB", median(memory), median(peerMemory), median(peerMemory)/median(memory), "ours with loader and data")
	return nil
}

// runSteps is how long the runs are that are compared as a whole: some fifteen seconds of ours.
const runSteps = 60

// runs compares whole training processes with augmentation in workers, from start to end; and what comes after the first step, for torch.compile takes its time before.
func runs(python string) error {
	images := filepath.Join(cache.FashionMNISTDir(), "train-images-idx3-ubyte.gz")
	for _, mode := range [][]string{nil, {"--compile"}} {
		var ours, peer, ratios, later, peerLater, laterRatios []float64
		for range 3 {
			first, _, err := ourRun(1)
			if err != nil {
				return err
			}
			all, _, err := ourRun(runSteps)
			if err != nil {
				return err
			}
			begin := time.Now()
			var r struct {
				Later float64 `json:"after_first_step_ms"`
			}
			if err := last(&r, tuned, python, append([]string{"bench/torch_run.py", "--idx", images, "--steps", fmt.Sprint(runSteps)}, mode...)...); err != nil {
				return err
			}
			his := float64(time.Since(begin).Microseconds()) / 1000
			ours, peer, ratios = append(ours, all), append(peer, his), append(ratios, his/all)
			later, peerLater, laterRatios = append(later, all-first), append(peerLater, r.Later), append(laterRatios, r.Later/(all-first))
		}
		name := "eager"
		if mode != nil {
			name = "torch.compile"
		}
		report(fmt.Sprintf("whole run, example, %d steps", runSteps), "ms", median(ours), median(peer), median(ratios), name)
		report("the same after its first step", "ms", median(later), median(peerLater), median(laterRatios), name)
	}
	return nil
}

// ourRun trains a few steps in a process of its own and returns its wall time in milliseconds and its peak memory in megabytes.
func ourRun(steps int) (ms, mb float64, err error) {
	dir, err := os.MkdirTemp("", "ssc-bench")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("bin/ssc", "run", "-steps", fmt.Sprint(steps), "-run", filepath.Join(dir, "run"), nets[0].file)
	cmd.Env = append(os.Environ(), "SSC_DATA="+cache.FashionMNISTDir(), "SSC_NO_PROGRESS=1")
	begin := time.Now()
	err = cmd.Run()
	ms = float64(time.Since(begin).Microseconds()) / 1000
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 3 { // 3: stopped at a checkpoint, as asked
		return 0, 0, fmt.Errorf("bin/ssc run: %w", err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return ms, float64(use.Maxrss) / 1024, nil
}
