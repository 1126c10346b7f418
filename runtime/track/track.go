package track

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/probe"
	"ssc/runtime/report"
)

// Options are what only the command line knows.
type Options struct {
	Command     string        // that makes the run anew; empty: the one that the run began with stands
	Environment []report.Fact // versions, processor, threads, libraries
}

// Scene is a run folder that a process has taken up.
type Scene struct {
	FS       atomic.FS
	Dir      string
	Plan     *plan.Plan
	Train    probe.Dataset // an evaluation may leave it out
	Images   int           // of the training set
	Step     int           // done
	PerEpoch int           // steps
	// Evaluation says that nothing is trained: a probe's measurements replace those that it made before, and the status stays.
	Evaluation bool
	Note       func(format string, args ...any)
}

// Tracker keeps the report and the trackers' files of one run. All methods are for one goroutine, and a nil Tracker does nothing.
type Tracker struct {
	o       Options
	scene   Scene
	run     *report.Run
	events  *report.Events
	began   time.Time
	spent   time.Duration // here, since it began
	paged   time.Time     // when the last page was made …
	page    time.Duration // … and how long that took
	told    map[string]bool
	working bool // within one of its methods

	measured map[string]bool // probes of this evaluation
}

// New returns a tracker that waits for its run.
func New(o Options) *Tracker { return &Tracker{o: o} }

// pageEvery is the time between two pages within an epoch.
const pageEvery = 30 * time.Second

// share is the part of a process's time that may be spent here, as one over it.
const share = 100

// safely does something, counts its time and turns an error or panic into a note, the same one once.
func (t *Tracker) safely(what string, f func() error) {
	if t == nil || t.scene.Plan == nil || t.working {
		return
	}
	t.working = true
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			t.note(what, fmt.Errorf("a bug: %v %s", p, strings.ReplaceAll(string(debug.Stack()), "\n", " ")))
		}
		t.spent += time.Since(start)
		t.working = false
	}()
	if err := f(); err != nil {
		t.note(what, err)
	}
}

func (t *Tracker) note(what string, err error) {
	text := fmt.Sprintf("%s: %s", what, strings.ReplaceAll(err.Error(), "\n", "; "))
	if !t.told[text] {
		t.told[text] = true
		t.scene.Note("%s; the run goes on without it", text)
	}
}

// affordable reports whether something that takes about d keeps within what may be spent.
func (t *Tracker) affordable(d time.Duration) bool { return (t.spent+d)*share <= time.Since(t.began) }

// Begin takes up a run folder, from where it stands.
func (t *Tracker) Begin(s Scene) {
	if t == nil {
		return
	}
	if t.began.IsZero() {
		t.began, t.told = time.Now(), map[string]bool{}
	}
	t.scene, t.measured = s, map[string]bool{}
	t.safely("the report", func() error {
		if t.run == nil {
			var err error
			if t.run, err = load(s.Dir); err != nil { // a damaged one is replaced
				t.note("what the report had before", err)
			}
		}
		t.describe()
		return nil
	})
	if s.Plan.Track.TensorBoard && !s.Evaluation {
		t.safely("TensorBoard's events", t.openEvents)
	}
}

// describe fills in what the plan and the command line say, and forgets warnings of steps that are to come again.
func (t *Tracker) describe() {
	r, p := t.run, t.scene.Plan
	if !t.scene.Evaluation {
		r.Status, r.Reason = report.Running, ""
	}
	if r.Started.IsZero() {
		r.Started = time.Now()
	}
	r.Name, r.Algorithm = p.Name, algorithm(p)
	r.Host, _ = os.Hostname() // empty is left out
	r.Folder = t.scene.Dir
	if abs, err := filepath.Abs(t.scene.Dir); err == nil {
		r.Folder = abs
	}
	r.Command = cmp.Or(t.o.Command, r.Command)
	if len(t.o.Environment) > 0 {
		r.Environment = t.o.Environment
	}
	r.Facts = facts(p, t.scene.Images)
	t.at(t.scene.Step)
	r.Steps, r.Epochs = t.scene.PerEpoch*p.Train.Epochs, p.Train.Epochs
	var warnings []report.Warning
	for _, w := range r.Warnings {
		if w.Step <= r.Step {
			if w.Last > r.Step {
				w.Last = 0
			}
			warnings = append(warnings, w)
		}
	}
	r.Warnings = warnings
}

func (t *Tracker) at(step int) {
	t.run.Step, t.run.Epoch = step, step/t.scene.PerEpoch
}

func algorithm(p *plan.Plan) string {
	for _, b := range p.Pipeline.Blocks {
		if b.Type == "algorithm" {
			return b.Label
		}
	}
	return ""
}

func facts(p *plan.Plan, images int) []report.Fact {
	return []report.Fact{{Name: "parameters", Value: report.Count(p.Stats.Params)}, {Name: "images", Value: report.Count(images)},
		{Name: "batch size", Value: report.Count(p.Loader.BatchSize * p.Train.Accumulate)}, {Name: "seed", Value: fmt.Sprint(p.Seed)}}
}

// Spend adds time to a part of the run: "steps", "waiting for data".
func (t *Tracker) Spend(part string, d time.Duration) {
	if t == nil || t.run == nil {
		return
	}
	for i := range t.run.Parts {
		if p := &t.run.Parts[i]; p.Name == part {
			p.Seconds, p.Count = p.Seconds+d.Seconds(), p.Count+1
			return
		}
	}
	t.run.Parts = append(t.run.Parts, report.Part{Name: part, Seconds: d.Seconds(), Count: 1})
}

// Profiled is told where the time of a few steps went.
func (t *Tracker) Profiled(p *report.Profile) {
	if t != nil && t.run != nil {
		t.run.Profile = p
	}
}

// Record is told of a line of metrics.jsonl, once it is written there.
func (t *Tracker) Record(r report.Record) {
	if t == nil || t.run == nil {
		return
	}
	t.safely("the report", func() error { t.at(r.Step); return nil })
	if t.events != nil {
		t.safely("TensorBoard's events", func() error { return t.events.Scalars(r.Step, time.Now(), scalars(r)) })
	}
	first := t.paged.IsZero()
	if first || time.Since(t.paged) > pageEvery && t.affordable(t.page) {
		t.safely("the report", t.write)
	}
}

// scalars are the values of a record by TensorBoard's tags, which it groups by what stands before a slash.
func scalars(r report.Record) map[string]float64 {
	out := map[string]float64{}
	for name, v := range r.Values {
		out[strings.ReplaceAll(name, ".", "/")] = v
	}
	if r.Clock != nil {
		out["images_per_second"] = r.Clock.ImagesPerSecond
		if r.Clock.MFU > 0 {
			out["mfu"] = r.Clock.MFU
		}
	}
	return out
}

// EndEpoch makes a page at the end of an epoch, its monitors included, if the time is there for it.
func (t *Tracker) EndEpoch() {
	if t != nil && t.affordable(t.page) {
		t.safely("the report", t.write)
	}
}

// Saved is told that the run has saved its state after a step, which may lie beyond the last line of the log.
func (t *Tracker) Saved(step int) {
	if t == nil || t.run == nil {
		return
	}
	t.at(step)
	if t.events != nil {
		t.safely("TensorBoard's events", t.events.Sync)
	}
}

// End makes the last page of a training or an evaluation.
func (t *Tracker) End(status report.Status, reason string) {
	if t == nil || t.run == nil {
		return
	}
	t.safely("the report", func() error {
		t.run.Status, t.run.Reason = status, reason
		return t.write()
	})
	if t.events != nil {
		t.safely("TensorBoard's events", func() error { return errors.Join(t.events.Sync(), t.events.Close()) })
		t.events = nil
	}
}

// Monitored is told what a monitor found at a step.
func (t *Tracker) Monitored(step int, found []probe.Measurement) {
	t.safely("the report", func() error {
		t.confusions(found, fmt.Sprintf("epoch %d", step/t.scene.PerEpoch))
		for _, m := range found {
			t.warn(step, m)
		}
		return nil
	})
}

// warn notes the warnings of a measurement; one that was there before has its newest words.
func (t *Tracker) warn(step int, m probe.Measurement) {
next:
	for _, w := range m.Warnings {
		for i := range t.run.Warnings {
			if old := &t.run.Warnings[i]; old.Title == w.Title {
				old.Detail, old.Causes = w.Detail, w.Causes
				if step > old.Step {
					old.Last = step
				}
				continue next
			}
		}
		t.run.Warnings = append(t.run.Warnings, report.Warning{Title: w.Title, Detail: w.Detail, Causes: w.Causes, Step: step})
	}
}
