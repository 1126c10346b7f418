package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/datasource"
	"ssc/runtime/failpoint"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
	"ssc/runtime/profile"
	"ssc/runtime/report"
	"ssc/runtime/stage"
	"ssc/runtime/track"
)

// Options of a run.
type Options struct {
	Dir     string // the run folder
	Threads int    // inside an operator; 0: one per physical core
	Workers int    // of the loader; 0: as the plan says
	Steps   int    // stop after this many steps in all; 0: at the end of the plan
	Initial bool   // stop before the first step: the initial state is saved
	Report  Reporter
	Track   *track.Tracker    // keeps the report and other programs' files; nil: nobody does
	Profile *profile.Recorder // times the first steps; nil: nobody does

	// Trained is the plan of the run folder when Evaluate carries out the blocks of another plan with the same training; nil: it is the plan.
	Trained *plan.Plan

	Strict bool      // refuse to go on from an older checkpoint when the newest is damaged
	Force  bool      // run although a step is predicted to need more memory than there is
	Accept []string  // changes since the run was saved that it may go on with: AcceptData
	FS     atomic.FS // how files are written; nil: on the machine's file system

	at *place // where steps run, in tests; nil: where the plan says
}

// AcceptData lets a run go on with another data set than it was saved with.
const AcceptData = "data"

// Reporter is told how the run goes.
type Reporter interface {
	// Note is a line for people, without a newline.
	Note(format string, args ...any)
	// Step is called after every step.
	Step(Status)
}

// Status is where a run stands.
type Status struct {
	Step, Steps     int // micro-batches done, and in all
	Epoch, Epochs   int
	Loss, LR        float64
	ImagesPerSecond float64       // over the last second or so
	MFU             float64       // share of the machine's peak that the steps use at this rate; 0 while it is not known
	DataWait        time.Duration // waited for data so far
	Left            time.Duration // at the present rate
	Probe           string        // the last measurement, as "knn 87.1"
	ResumedAt       int           // step that this process began at
}

// Errors that end a run early.
var (
	// ErrStopped says that the run was asked to stop and has saved its state.
	ErrStopped = errors.New("stopped at a checkpoint")
	// ErrFailed says that the run cannot go on.
	ErrFailed = errors.New("the run failed")
)

// Refused is why a run does not begin: nothing has been computed or written.
type Refused struct{ error }

// Unwrap gives the reason to errors.Is.
func (r Refused) Unwrap() error { return r.error }

func refuse(format string, args ...any) error { return Refused{fmt.Errorf(format, args...)} }

// Run trains the plan in its folder, from where the folder stands. When ctx ends it finishes the step, saves and returns ErrStopped.
func Run(ctx context.Context, p *plan.Plan, models map[string][]byte, o Options) error {
	r := newRun(p, models, o)
	defer r.close()
	err := r.train(ctx)
	r.Track.End(outcome(ctx, err))
	return err
}

// outcome is how a run ended, in the words of its report.
func outcome(ctx context.Context, err error) (report.Status, string) {
	switch {
	case err == nil:
		return report.Finished, ""
	case !errors.Is(err, ErrStopped):
		return report.Failed, strings.TrimPrefix(err.Error(), ErrFailed.Error()+": ")
	case ctx.Err() != nil:
		return report.Stopped, "as asked, at a checkpoint"
	}
	return report.Stopped, "after the number of steps that was asked for"
}

func (r *run) train(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		if ctx.Err() != nil {
			return ErrStopped // before it began, whatever could not be opened for that; there is nothing to save
		}
		return err
	}
	if r.loop.Stages > 0 || r.loop.Measure > 0 { // before the first step, or a stop came before all was done that follows one
		if err := r.endStep(ctx); err != nil {
			return err
		}
	}
	for r.loop.Step < r.total && r.loop.Stages == 0 && ctx.Err() == nil {
		if err := r.once(ctx); err != nil {
			return err
		}
	}
	if r.Profile.Open() {
		r.endProfile()
	}
	if err := r.save(); err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	if r.saves > 0 {
		r.Report.Note("saving took %s, %.2g %% of the time (checkpoints: %d)", r.saving.Round(time.Millisecond), 100*r.saving.Seconds()/r.clock.elapsed().Seconds(), r.saves)
	}
	if r.loop.Stages > 0 || r.loop.Measure > 0 || r.loop.Step < r.plan.Train.Epochs*r.perEpoch {
		return ErrStopped
	}
	return nil
}

type run struct {
	Options
	plan   *plan.Plan
	models map[string][]byte
	digest string

	lock     *checkpoint.RunLock
	store    *checkpoint.Store
	data     map[string]*dataset
	engine   *engine
	loader   *loader.Loader // nil until the next batch is wanted
	labels   *stage.Labels  // pseudo-labels; nil for a plan without
	metrics  *journal
	bad      *journal
	loop     loopState
	total    int // micro-batches of the run
	perEpoch int
	saved    int // step of the newest checkpoint, -1 without one
	lastSave time.Time
	failed   int           // attempts to save that failed, in a row
	saves    int           // those that succeeded, and …
	saving   time.Duration // … how long they took
	clock    clock
	waited   time.Duration // for batches, of loaders that are closed; less what a device's steps hid
	next     *early        // batch, if it was fetched while the last step ran
	resumed  int
	probed   string
}

func newRun(p *plan.Plan, models map[string][]byte, o Options) *run {
	if o.FS == nil {
		o.FS = atomic.OS{}
	}
	return &run{plan: p, models: models, Options: o}
}

// loopState is what a checkpoint holds beside the tensors.
type loopState struct {
	Step     int               `json:"step"` // micro-batches done
	Epoch    int               `json:"epoch"`
	Plan     string            `json:"plan"`             // digest
	Metrics  int               `json:"metrics"`          // lines of metrics.jsonl
	BadLines int               `json:"bad_samples"`      // lines of bad_samples.jsonl
	Stages   int               `json:"stages,omitempty"` // that the beginning of the next step still waits for
	Measure  int               `json:"measure"`          // monitors that the epoch's end still waits for …
	Last     []uint32          `json:"last,omitempty"`   // … and for them the metrics of its last step, as bits
	BadSteps int               `json:"bad_steps"`
	BadRow   int               `json:"bad_row"` // in a row, up to now
	LossSum  float64           `json:"loss_sum"`
	LossN    int               `json:"loss_n"`
	Seed     uint64            `json:"seed"`
	Samples  int               `json:"samples"`
	Data     map[string]string `json:"data"` // digest of each dataset's list
}

// prepare checks everything that can be known before the first step, then takes up the state.
func (r *run) prepare(ctx context.Context) (err error) {
	if err := r.check(); err != nil {
		return err
	}
	created := make(chan error, 1) // the session is made while the data is opened
	go func() {
		var err error
		if r.at != nil {
			r.engine, err = newEngineOn(*r.at, r.plan, r.models["train"], r.Threads, r.Profile.Prefix())
		} else {
			r.engine, err = newEngine(r.plan, r.models["train"], r.Threads, r.Profile.Prefix())
		}
		created <- err
	}()
	r.data, err = openData(ctx, r.plan, r.plan.Datasets, r.Report.Note)
	if err := errors.Join(r.moveable(err), <-created); err != nil {
		return err
	}
	for _, text := range r.engine.slower() {
		r.Report.Note("warning: %s", text)
	}
	n := r.data["train"].samples.Len()
	if r.plan.Loader.Last == plan.LastDrop && n < r.plan.Loader.BatchSize {
		return refuse("%s: dataset \"train\" has %d images, fewer than the batch size of %d, and last = \"drop\" leaves incomplete batches out", r.data["train"].at, n, r.plan.Loader.BatchSize)
	}
	if err := r.checkLength(n); err != nil {
		return err
	}
	if err := stage.Check(r.plan, func(name string) int { return r.data[name].samples.Len() }); err != nil {
		return Refused{err}
	}
	r.perEpoch = plan.StepsPerEpoch(n, r.plan.Loader.BatchSize, r.plan.Loader.Last)
	r.total = r.perEpoch * r.plan.Train.Epochs
	if r.Steps > 0 || r.Initial {
		r.total = min(r.total, r.Steps)
	}
	if err := r.openFolder(); err != nil {
		return err
	}
	if err := r.takeUp(); err != nil {
		return err
	}
	for _, d := range r.data {
		for _, note := range d.notes() {
			r.Report.Note("%s", note)
		}
	}
	r.track(n, false)
	r.lastSave = time.Now()
	r.clock.start()
	if r.loop.Step >= r.total || r.loop.Stages > 0 { // stages may change the order of images
		return nil
	}
	return r.startLoader(ctx)
}

// track hands the run folder to the tracker. An evaluation may do without the training set, of so many images.
func (r *run) track(images int, evaluation bool) {
	s := track.Scene{FS: r.FS, Dir: r.Dir, Plan: r.trainedPlan(), Images: images, Step: r.loop.Step, PerEpoch: r.perEpoch, Evaluation: evaluation, Note: r.Report.Note}
	if d := r.data["train"]; d != nil {
		s.Train = probe.Dataset{Spec: d.spec, Samples: d.samples, Channels: d.channels}
	}
	r.Track.Begin(s)
}

// check finds what does not need the data: it comes first, since opening that may take minutes.
func (r *run) check() (err error) {
	if err := failpoint.Check(); err != nil {
		return Refused{err}
	}
	for _, what := range r.Accept {
		if what != AcceptData {
			return refuse("-accept %s: the one change that a run can go on with is %q", what, AcceptData)
		}
	}
	if r.digest, err = r.plan.Digest(); err != nil {
		return err
	}
	if err := checkFolder(r.Dir); err != nil {
		return err
	}
	if err := r.checkModels(); err != nil {
		return Refused{err}
	}
	return r.checkMemory("/")
}

// takeUp continues from the folder's newest checkpoint, if there is one.
func (r *run) takeUp() (err error) {
	r.labels = stage.LabelsOf(r.plan)
	if err := r.resume(); err != nil {
		return err
	}
	if r.saved < 0 {
		r.loop.Stages = len(r.due())
	}
	if err := r.checkData(); err != nil {
		return err
	}
	if n := r.data["train"].samples.Len(); r.labels != nil && r.labels.Of != nil && len(r.labels.Of) != n {
		return refuse("%s: dataset \"train\" has %d images, but the run has sorted %d into clusters. Begin anew in another folder with -run", r.data["train"].at, n, len(r.labels.Of))
	}
	r.resumed = r.loop.Step
	if r.metrics, err = openJournal(r.FS, filepath.Join(r.Dir, "metrics.jsonl"), r.loop.Metrics); err != nil {
		return err
	}
	r.bad, err = openJournal(r.FS, filepath.Join(r.Dir, badFile), r.loop.BadLines)
	return err
}

// badFile is where the images stand that could not be read.
const badFile = "bad_samples.jsonl"

// startLoader begins the stream of batches where the run stands, up to the next epoch whose order a stage may change. It outlives ctx by design: the step that is under way when ctx ends is finished.
func (r *run) startLoader(ctx context.Context) error {
	workers := r.Workers
	if workers == 0 {
		workers = r.plan.Loader.Workers
	}
	d := r.data["train"]
	met, err := readBad(r.bad)
	if err != nil {
		return err
	}
	onDevice, err := r.engine.makesViews()
	if err != nil {
		return Refused{err}
	}
	r.loader, err = loader.New(context.WithoutCancel(ctx), loader.Config{
		Samples: d.samples, Channels: d.channels, Views: d.spec.Views, Seed: r.plan.Seed, BatchSize: r.plan.Loader.BatchSize, Workers: workers,
		Prefetch: r.plan.Loader.Prefetch, Last: r.plan.Loader.Last, Shuffle: r.plan.Loader.Shuffle, Order: r.order(), Epochs: r.plan.NextRestart(r.loop.Step / r.perEpoch),
		Epoch: r.loop.Step / r.perEpoch, Step: r.loop.Step % r.perEpoch, MaxBadFraction: r.plan.Loader.MaxBadFraction, Bad: met, OnBad: r.noteBad, Record: onDevice})
	if err != nil {
		return Refused{err}
	}
	return nil
}

func (r *run) noteBad(b loader.Bad) {
	r.Report.Note("unreadable sample %s", b)
	_ = r.bad.add(badRecord{b.Index, b.Name, b.Epoch, b.Position, b.Err.Error()}) // plain numbers and texts: JSON takes them
}

// countBad counts what cannot be read beside training, in measurements and stages. A panic is a bug of ssc, wherever a sample causes it, and is told of with its stack.
func (r *run) countBad(n *int) func(loader.Bad) {
	return func(b loader.Bad) {
		if *n++; b.Stack != "" {
			r.Report.Note("unreadable sample %s", b)
		}
	}
}

func (d *dataset) notes() []string {
	if n, ok := d.samples.(datasource.Noted); ok {
		return n.Notes()
	}
	return nil
}

func (r *run) close() {
	r.Profile.Close()
	if r.loader != nil {
		r.loader.Close()
	}
	if r.engine != nil {
		r.engine.close()
	}
	for _, j := range []*journal{r.metrics, r.bad} {
		if j != nil {
			j.close()
		}
	}
	if r.lock != nil {
		_ = r.lock.Unlock() // the end of the process frees it too
	}
}
