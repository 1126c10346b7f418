// Package status tells how runs stand from what lies in their folders: it locks, writes and loads nothing, so that it may look at a run that works, at one of another machine, and at one that was
// damaged. What is missing or cannot be read is said, and the rest is told all the same.
//
//	for _, dir := range dirs {
//		r := status.Read(dir, time.Now())
//		fmt.Println(r.Dir, r.State, r.Step, r.Steps)
//	}
//
// Neighbours: runtime/train and runtime/checkpoint write what is read here; runtime/report reads metrics.jsonl.
package status

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/report"
	"ssc/runtime/train"
)

// State is a word for how a run stands.
type State string

// The states.
const (
	Running  State = "running"
	Finished State = "finished" // trained to the end of its plan
	Stopped  State = "stopped"  // goes on with ssc run
	Failed   State = "failed"   // the last process ended because it could not go on
	Begun    State = "begun"    // nothing is saved yet
	Damaged  State = "damaged"  // without a plan that can be read, or without a checkpoint that is whole
)

// Run is where a run stands.
type Run struct {
	Dir    string             `json:"dir"`
	Name   string             `json:"name"` // of the pipeline
	State  State              `json:"state"`
	Reason string             `json:"reason,omitempty"` // of the state
	Holder *checkpoint.Holder `json:"holder,omitempty"` // the process that works, or did not say that it ended

	Step   int     `json:"step"`  // done, by the metrics or the newest checkpoint
	Steps  int     `json:"steps"` // in all; 0: not known yet
	Epoch  float64 `json:"epoch"`
	Epochs int     `json:"epochs"`

	Loss            *float64           `json:"loss"`               // null: none yet, or not finite
	Monitors        map[string]float64 `json:"monitors,omitempty"` // their last values by name; what was not finite is left out
	Evaluation      map[string]string  `json:"evaluation,omitempty"`
	ImagesPerSecond float64            `json:"images_per_second"`
	SecondsLeft     float64            `json:"seconds_left"` // at the last rate
	BadSteps        int                `json:"bad_steps"`

	Checkpoint *Checkpoint `json:"checkpoint"` // null: none
	Bytes      int64       `json:"bytes"`      // on disk

	Problems []string          `json:"problems,omitempty"` // what is missing or damaged, a line each
	Settings map[string]string `json:"settings,omitempty"` // of the pipeline, by path
}

// Checkpoint is the newest one that is whole by its manifest and sizes.
type Checkpoint struct {
	Path  string    `json:"path"`
	Step  int       `json:"step"`
	Saved time.Time `json:"saved"`
	Bytes int64     `json:"bytes"`
}

// Read reads a run's folder at a time.
func Read(dir string, now time.Time) *Run {
	r := &Run{Dir: dir, Monitors: map[string]float64{}}
	p := r.readPlan()
	measuring := r.readCheckpoint(p)
	r.readMetrics(p)
	last := r.readLog()
	var err error
	if r.Holder, err = checkpoint.Peek(dir, now); err != nil {
		r.problem("%s", err)
	}
	r.measureDisk()
	r.judge(p, last, measuring, now)
	return r
}

func (r *Run) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// judge finds the state from what was read; last is the last line of the log.
func (r *Run) judge(p *plan.Plan, last string, measuring bool, now time.Time) {
	h := r.Holder
	switch {
	case h != nil && h.Alive:
		r.State = Running
		if h.Silent(now) {
			r.Reason = fmt.Sprintf("no sign of life since %s: suspended, or process %d is another one now", h.Seen.UTC().Format(time.RFC3339), h.PID)
		}
		return
	case p == nil || r.Checkpoint == nil && len(r.Problems) > 0:
		r.State = Damaged
	case r.Checkpoint != nil && r.Steps > 0 && r.Checkpoint.Step >= r.Steps && !measuring:
		r.State = Finished
	case strings.HasPrefix(last, train.ErrFailed.Error()):
		r.State, r.Reason = Failed, last
	case r.Checkpoint != nil:
		r.State = Stopped
	default:
		r.State = Begun
	}
	if h != nil && r.State != Finished {
		if r.Reason != "" {
			r.Reason += "; "
		}
		r.Reason += fmt.Sprintf("process %d on %s ended without a word", h.PID, h.Host)
	}
	if r.State == Finished {
		r.SecondsLeft = 0
	}
}

func (r *Run) readPlan() *plan.Plan {
	b, err := os.ReadFile(filepath.Join(r.Dir, plan.File))
	if errors.Is(err, fs.ErrNotExist) {
		r.problem("%s is missing", plan.File)
		return nil
	}
	var p *plan.Plan
	if err == nil {
		p, err = plan.Decode(b)
	}
	if err != nil {
		r.problem("%s", err)
		return nil
	}
	r.Name, r.Epochs, r.Settings = p.Name, p.Train.Epochs, plan.Settings(p)
	return p
}

// readCheckpoint takes up the newest checkpoint, and reports whether monitors still wait for their turn at it.
func (r *Run) readCheckpoint(p *plan.Plan) (measuring bool) {
	c, passed, err := checkpoint.Open(filepath.Join(r.Dir, "checkpoints"), 0).Glance()
	if err != nil {
		r.problem("%s", err)
	}
	for _, e := range passed {
		r.problem("%s", e)
	}
	if c == nil {
		return false
	}
	var loop struct {
		Samples int `json:"samples"`
		Measure int `json:"measure"`
	}
	if err := c.Loop(&loop); err != nil {
		r.problem("%s", err)
	}
	at, bytes := c.Saved()
	r.Checkpoint, r.Step = &Checkpoint{c.Path, c.Step, at, bytes}, c.Step
	if p != nil && loop.Samples > 0 {
		r.length(plan.StepsPerEpoch(loop.Samples, p.Loader.BatchSize, p.Loader.Last))
	}
	return loop.Measure > 0
}

// length sets what depends on the number of steps of an epoch.
func (r *Run) length(perEpoch int) {
	if perEpoch > 0 {
		r.Steps, r.Epoch = perEpoch*r.Epochs, float64(r.Step)/float64(perEpoch)
	}
}

func (r *Run) readMetrics(p *plan.Plan) {
	records, err := report.ReadMetrics(filepath.Join(r.Dir, "metrics.jsonl"))
	if err != nil {
		r.problem("%s", err)
	}
	for _, line := range records {
		r.Step, r.BadSteps = max(r.Step, line.Step), line.BadSteps
		if line.Clock == nil { // of a monitor
			maps.Copy(r.Monitors, line.Values)
			continue
		}
		r.ImagesPerSecond, r.Loss = line.Clock.ImagesPerSecond, nil
		if v, ok := line.Values["loss"]; ok && finite(v) {
			r.Loss = &v
		}
		if p != nil && line.Epoch > 0 {
			r.length(int(math.Round(float64(line.Step) / line.Epoch)))
		}
	}
	maps.DeleteFunc(r.Monitors, func(_ string, v float64) bool { return !finite(v) })
	if p != nil && r.ImagesPerSecond > 0 {
		r.SecondsLeft = float64(max(r.Steps-r.Step, 0)*p.Loader.BatchSize) / r.ImagesPerSecond
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (r *Run) measureDisk() {
	err := filepath.WalkDir(r.Dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				r.Bytes += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) { // removed by the run in the meantime
			return nil
		}
		return err
	})
	if err != nil {
		r.problem("adding up the files: %s", err)
	}
}
