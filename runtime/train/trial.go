package train

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
)

// Trial is what a few real steps of each stage of a run took, and what the whole run is expected to take. Times are in seconds, sizes in bytes.
type Trial struct {
	Images      int `json:"images"`       // in the training set
	PerEpoch    int `json:"per_epoch"`    // steps
	Steps       int `json:"steps"`        // of the run, in all
	TimedSteps  int `json:"timed_steps"`  // after one to warm up
	Unreadable  int `json:"unreadable"`   // images met so far
	BadSteps    int `json:"bad_steps"`    // of those tried
	Checkpoints int `json:"checkpoints"`  // that the run writes
	LogLines    int `json:"metric_lines"` // of metrics.jsonl

	Start    float64 `json:"start_seconds"`     // from opening the data to the first step
	Step     float64 `json:"step_seconds"`      // of one, data included
	DataWait float64 `json:"data_wait_seconds"` // of it, for a batch
	Save     float64 `json:"save_seconds"`      // of one checkpoint

	Stages   []TrialProbe `json:"stages,omitempty"` // between steps; the steps of a dry run have the labels and memories of none
	Monitors []TrialProbe `json:"monitors,omitempty"`
	Evaluate []TrialProbe `json:"evaluate,omitempty"`

	MeasuredMemory  int64 `json:"measured_memory"`  // of the process at its peak, libraries included
	PredictedMemory int64 `json:"predicted_memory"` // of a step
	CheckpointBytes int64 `json:"checkpoint_bytes"`
	RunBytes        int64 `json:"run_bytes"` // of the run folder at its largest: plan, logs, and one checkpoint more than are kept
	FreeBytes       int64 `json:"free_bytes"`
}

// TrialProbe is what one measurement of a monitor or evaluate block takes, or one pass of a stage.
type TrialProbe struct {
	Name     string  `json:"name"`     // "knn", "knn of raw pixels"
	Seconds  float64 `json:"seconds"`  // expected of one measurement
	Times    int     `json:"times"`    // in the run
	Images   int     `json:"images"`   // of a measurement in the run
	Measured int     `json:"measured"` // of the one that was timed
}

// Train is the time of all steps.
func (t *Trial) Train() float64 { return t.Start + float64(t.Steps)*t.Step }

// Probing is the time of all measurements.
func (t *Trial) Probing() (sum float64) {
	for _, list := range [][]TrialProbe{t.Monitors, t.Evaluate} {
		for _, p := range list {
			sum += p.Seconds * float64(p.Times)
		}
	}
	return sum
}

// Staging is the time of all stages.
func (t *Trial) Staging() (sum float64) {
	for _, s := range t.Stages {
		sum += s.Seconds * float64(s.Times)
	}
	return sum
}

// Saving is the time of all checkpoints.
func (t *Trial) Saving() float64 { return t.Save * float64(t.Checkpoints) }

// Total is the time of the run.
func (t *Trial) Total() float64 { return t.Train() + t.Staging() + t.Probing() + t.Saving() }

// Bounds of the steps that are timed: two at least, then as many as fit into the time.
const leastTimed, mostTimed, timedFor = 2, 20, 5 * time.Second

// DryRun makes a few real steps, measures with each monitor and evaluate block on a part of its images, and saves, all in a folder of its own beside the run folder, which is removed; the run folder
// is not touched. What would refuse the run is an error, as in Run.
func DryRun(ctx context.Context, p *plan.Plan, models map[string][]byte, o Options) (t *Trial, err error) {
	target := o.Dir
	r := newRun(p, models, o)
	if r.digest, err = p.Digest(); err != nil {
		return nil, err
	}
	if err := r.wouldRefuse(target); err != nil {
		return nil, err
	}
	beside, err := existing(filepath.Dir(filepath.Clean(target)))
	if err != nil {
		return nil, err
	}
	if r.Dir, err = os.MkdirTemp(beside, "ssc.dry-run-"); err != nil {
		return nil, refuse("the folder of the dry run: %w", err)
	}
	defer os.RemoveAll(r.Dir)
	defer r.close()
	t, err = r.try(ctx)
	if ctx.Err() != nil {
		return nil, ErrStopped
	}
	return t, err
}

// wouldRefuse reports what is known of the run folder that a run would not go on in.
func (r *run) wouldRefuse(dir string) error {
	if err := checkFolder(dir); err != nil {
		return err
	}
	h, err := checkpoint.Peek(dir, time.Now())
	if err == nil && h != nil && h.Alive {
		return refuse("%s is in use by process %d on %s since %s", dir, h.PID, h.Host, h.Since.Format(time.RFC3339))
	}
	b, err := os.ReadFile(filepath.Join(dir, plan.File))
	if err != nil {
		return nil // a fresh folder, or one that the run itself will say more about
	}
	_, err = r.samePlan(b, dir)
	return err
}

// try carries out every stage in the run's folder.
func (r *run) try(ctx context.Context) (*Trial, error) {
	began := time.Now()
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	t := &Trial{Images: r.data["train"].samples.Len(), PerEpoch: r.perEpoch, Steps: r.total, PredictedMemory: Needed(r.plan, r.Threads)}
	if err := r.trySteps(ctx, t, began); err != nil {
		return nil, err
	}
	t.Unreadable, t.BadSteps = r.bad.lines, r.loop.BadSteps
	if err := r.tryStages(ctx, t); err != nil {
		return nil, err
	}
	if err := r.tryProbes(ctx, t); err != nil {
		return nil, err
	}
	began = time.Now()
	if err := r.save(); err != nil {
		return nil, err
	}
	t.Save = time.Since(began).Seconds()
	t.MeasuredMemory = peakMemory()
	return t, r.tryDisk(t)
}

// trySteps times steps. The first is slower than the others: buffers are made in it. Batches that were ready before the clock began are not waited for, so there are more steps than are prefetched, where
// time allows.
func (r *run) trySteps(ctx context.Context, t *Trial, began time.Time) error {
	if _, _, err := r.advance(ctx); err != nil {
		return err
	}
	t.Start = time.Since(began).Seconds()
	waited, clock := r.dataWait(), time.Now()
	for n := 0; r.loop.Step < r.total && n < mostTimed && (n < leastTimed || time.Since(clock) < timedFor); n++ {
		if _, _, err := r.advance(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		t.TimedSteps = n + 1
	}
	if t.TimedSteps == 0 { // the run has one step
		return nil
	}
	t.Step = time.Since(clock).Seconds() / float64(t.TimedSteps)
	t.DataWait = (r.dataWait() - waited).Seconds() / float64(t.TimedSteps)
	return nil
}

// tryDisk adds up what a run writes, and refuses it when the disk has not so much.
func (r *run) tryDisk(t *Trial) error {
	t.CheckpointBytes = folderBytes(filepath.Join(r.Dir, "checkpoints"))
	c := r.plan.Train.Checkpoint
	t.Checkpoints = 1 + (t.Steps-1)/(c.Epochs*t.PerEpoch) // the last step is always saved
	if c.Steps > 0 {
		t.Checkpoints += (t.Steps - 1) / c.Steps
	}
	t.Checkpoints = max(t.Checkpoints, int(t.Train()/(c.Minutes*60)))
	t.LogLines = t.Steps/r.plan.Train.LogEvery + t.Steps/t.PerEpoch
	for _, m := range t.Monitors {
		t.LogLines += m.Times
	}
	const lineBytes = 400 // of metrics.jsonl, with its echo in train.log
	t.RunBytes = folderBytes(r.Dir) - t.CheckpointBytes + int64(min(c.Keep, t.Checkpoints)+1)*t.CheckpointBytes + int64(t.LogLines)*lineBytes
	var disk syscall.Statfs_t
	if err := syscall.Statfs(r.Dir, &disk); err != nil {
		return fmt.Errorf("asking for the free space of the disk: %w", err)
	}
	t.FreeBytes = int64(disk.Bavail) * int64(disk.Bsize)
	if t.RunBytes > t.FreeBytes {
		return refuse("the run folder will take %s (%d checkpoints of %s are kept, and one more is there while it is written), but the disk has %s free", size(t.RunBytes), c.Keep, size(t.CheckpointBytes), size(t.FreeBytes))
	}
	return nil
}

// folderBytes adds up the files below a folder, or those that can be looked at.
func folderBytes(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

// peakMemory is the most memory that this process had so far; 0 where the system does not tell.
func peakMemory() int64 {
	text, _ := os.ReadFile("/proc/self/status") // a file that is not there tells nothing
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			kilo, _ := number64(f[1])
			return kilo << 10
		}
	}
	return 0
}
