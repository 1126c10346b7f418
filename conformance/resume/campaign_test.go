package resume

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ssc/runtime/failpoint"
	"ssc/runtime/train"
)

// The campaign: `make faults` runs the long form, `go test` one kill at every point and a few at random.
var (
	campaignKills = flag.Int("faults.kills", 0, "run the long form of the campaign, with at least this many kills at random moments")
	campaignFile  = flag.String("faults.figures", "", "file for the campaign's figures")
	campaignSeed  = flag.Int64("faults.seed", 1, "seed of the random moments")
)

// figures are what a campaign found.
type figures struct {
	RandomKills  int            `json:"kills_at_random"`
	PointKills   map[string]int `json:"kills_at_points"`
	Resumes      int            `json:"resumes"` // processes that went on from a checkpoint
	Differences  int            `json:"outcomes_that_differ"`
	Workers      []int          `json:"workers"`
	FirstStep    [3]float64     `json:"seconds_to_first_step_of_a_resume_median_p99_max"`
	Seconds      float64        `json:"seconds"`
	resumeDelays []float64
}

// workerCounts are those that the campaign goes through.
var workerCounts = []int{1, 2, 7}

func TestCampaign(t *testing.T) {
	long := *campaignKills > 0
	f := &figures{PointKills: map[string]int{}, Workers: workerCounts}
	began := time.Now()
	t.Run("points", func(t *testing.T) { atPoints(t, f, long) })
	t.Run("random", func(t *testing.T) { atRandom(t, f, max(*campaignKills, 5)) })
	f.Seconds = time.Since(began).Round(time.Second).Seconds()
	slices.Sort(f.resumeDelays)
	if n := len(f.resumeDelays); n > 0 {
		f.FirstStep = [3]float64{f.resumeDelays[n/2], f.resumeDelays[n*99/100], f.resumeDelays[n-1]}
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
	if *campaignFile != "" {
		if err := os.WriteFile(*campaignFile, append(text, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// atPoints kills processes at each point: in the long form again and again, each time in a folder of its own, in the short form one after another in a folder for each number of workers.
func atPoints(t *testing.T, f *figures, long bool) {
	for i, w := range workerCounts {
		if !long {
			t.Run(fmt.Sprintf("workers=%d", w), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "run")
				for at := i; at < len(failpoint.Points()); at += len(workerCounts) {
					if !killAt(t, f, longer(), dir, failpoint.Points()[at], 2, w) {
						t.Errorf("the run never passed %s twice", failpoint.Points()[at])
					}
				}
				f.judge(t, goOn(t, f, longer(), dir, w), undisturbedLonger())
			})
			continue
		}
		for _, point := range failpoint.Points() {
			t.Run(fmt.Sprintf("%s/workers=%d", point, w), func(t *testing.T) {
				for _, n := range []int{1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 60, 80, 100} {
					dir := filepath.Join(t.TempDir(), "run")
					if !killAt(t, f, tiny(), dir, point, n, w) {
						break
					}
					f.judge(t, goOn(t, f, tiny(), dir, w), undisturbed())
				}
				if f.PointKills[string(point)] == 0 {
					t.Errorf("the run never passed %s", point)
				}
			})
		}
	}
}

// killAt kills a run when it passes the point for the n-th time. It returns false when the run ended before.
func killAt(t *testing.T, f *figures, r recipe, dir string, point failpoint.Point, n, workers int) bool {
	t.Helper()
	c := armed(r.program(t, dir, workers), point, fmt.Sprintf("kill:%d", n))
	var out bytes.Buffer
	c.Stderr = &out
	err := c.Run()
	if err == nil {
		return false
	}
	if exitCode(err) != -1 {
		t.Fatalf("the run was not killed: %v\n%s", err, &out)
	}
	f.PointKills[string(point)]++
	return true
}

// goOn finishes a run in this process.
func goOn(t *testing.T, f *figures, c recipe, dir string, workers int) map[string]string {
	t.Helper()
	began, first := time.Now(), time.Duration(0)
	got, _ := c.finish(t, train.Options{Dir: dir, Workers: workers, Report: &told{step: func(s train.Status) {
		if first == 0 && s.ResumedAt > 0 {
			first = time.Since(began)
			f.Resumes++
			f.resumeDelays = append(f.resumeDelays, first.Seconds())
		}
	}}})
	return got
}

// judge compares, and counts what differs.
func (f *figures) judge(t *testing.T, got, want map[string]string) {
	t.Helper()
	if compare(t, got, want); t.Failed() {
		f.Differences++
	}
}

// longer is the tiny pipeline with more than twice as many epochs: more of a process's life is steps and saves.
var longer = sync.OnceValue(func() recipe { return compile(panics{}, images(), "train.epochs=8") })

// undisturbedLonger is the outcome of the longer run.
var undisturbedLonger = sync.OnceValue(func() map[string]string {
	out, _ := longer().finish(panics{}, train.Options{Dir: filepath.Join(scratch, "longer")})
	return out
})

// atRandom kills one process after another on the same folder, at moments drawn evenly from the life of an undisturbed one, until the run comes to its end; then the next run begins.
func atRandom(t *testing.T, f *figures, kills int) {
	want := undisturbedLonger()
	began := time.Now()
	if err := longer().program(t, filepath.Join(t.TempDir(), "timed"), 2).Run(); err != nil {
		t.Fatal(err)
	}
	life := time.Since(began)
	rng := rand.New(rand.NewSource(*campaignSeed))
	for done := 0; done < kills; {
		w := workerCounts[rng.Intn(len(workerCounts))]
		dir := filepath.Join(t.TempDir(), "run")
		survived := 0
		for ; survived < 8; survived++ {
			if !killAfter(t, longer().program(t, dir, w), time.Duration(rng.Float64()*float64(life))) {
				break
			}
		}
		done += survived
		f.judge(t, goOn(t, f, longer(), dir, w), want)
		os.RemoveAll(dir)
	}
	f.RandomKills = kills
}

// killAfter starts a process and kills it after a delay; it returns false when the process had come to its end.
func killAfter(t *testing.T, c *exec.Cmd, delay time.Duration) bool {
	t.Helper()
	var out bytes.Buffer
	c.Stderr = &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(delay, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	if err != nil && exitCode(err) != -1 {
		t.Fatalf("the run failed before it was killed: %v\n%s", err, &out)
	}
	return err != nil
}

// TestCampaignSeesDamage: what the campaign compares can differ.
func TestCampaignSeesDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := tiny().run(ctx, train.Options{Dir: dir, Report: &told{step: func(s train.Status) {
		if s.Step == 7 {
			cancel()
		}
	}}})
	if !errors.Is(err, train.ErrStopped) {
		t.Fatal(err)
	}
	// Without the line that the checkpoint counts on, the metrics are not those of an undisturbed run.
	name := filepath.Join(dir, "metrics.jsonl")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	if err := os.WriteFile(name, []byte(strings.Join(append(lines[1:], "{}\n"), "")), 0o666); err != nil {
		t.Fatal(err)
	}
	got, _ := tiny().finish(t, train.Options{Dir: dir})
	same := 0
	for k, v := range undisturbed() {
		if got[k] == v {
			same++
		}
	}
	if same == len(undisturbed()) {
		t.Error("a run whose metrics were tampered with has the outcome of an undisturbed one")
	}
}
