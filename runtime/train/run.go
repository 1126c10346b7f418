package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/loader"
)

// Options of a run.
type Options struct {
	Dir     string // the run folder
	Threads int    // inside an operator; 0: one per physical core
	Workers int    // of the loader; 0: as the plan says
	Steps   int    // stop after this many steps in all; 0: at the end of the plan
	Report  Reporter
}

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

func refuse(format string, args ...any) error { return Refused{fmt.Errorf(format, args...)} }

// Run trains the plan in its folder, from where the folder stands. When ctx ends it finishes the step, saves and returns ErrStopped.
func Run(ctx context.Context, p *plan.Plan, models map[string][]byte, o Options) error {
	r := &run{plan: p, models: models, Options: o}
	defer r.close()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for r.loop.Step < r.total {
		if err := r.once(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			if err := r.save(); err != nil {
				return err
			}
			return ErrStopped
		}
	}
	if err := r.save(); err != nil {
		return err
	}
	if r.Steps > 0 && r.loop.Step < r.plan.Train.Epochs*r.perEpoch {
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
	loader   *loader.Loader
	metrics  *metricsFile
	loop     loopState
	total    int // micro-batches of the run
	perEpoch int
	lastSave time.Time
	saved    int // step of the newest checkpoint, -1 without one
	clock    clock
	resumed  int
	probed   string
}

// loopState is what a checkpoint holds beside the tensors.
type loopState struct {
	Step     int     `json:"step"` // micro-batches done
	Epoch    int     `json:"epoch"`
	Plan     string  `json:"plan"`    // digest
	Metrics  int     `json:"metrics"` // lines of metrics.jsonl
	BadSteps int     `json:"bad_steps"`
	BadRow   int     `json:"bad_row"` // in a row, up to now
	LossSum  float64 `json:"loss_sum"`
	LossN    int     `json:"loss_n"`
	Seed     uint64  `json:"seed"`
	Samples  int     `json:"samples"`
}

// prepare checks everything that can be known before the first step, then takes up the state.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.digest, err = r.plan.Digest(); err != nil {
		return err
	}
	created := make(chan error, 1) // the session is made while the data is opened
	go func() {
		var err error
		r.engine, err = newEngine(r.plan, r.models["train"], r.Threads)
		created <- err
	}()
	r.data, err = openData(ctx, r.plan)
	if err := errors.Join(err, <-created); err != nil {
		return err
	}
	n := r.data["train"].samples.Len()
	if r.plan.Loader.Last == plan.LastDrop && n < r.plan.Loader.BatchSize {
		return refuse("%s: dataset \"train\" has %d images, fewer than the batch size of %d, and last = \"drop\" leaves incomplete batches out", r.data["train"].at, n, r.plan.Loader.BatchSize)
	}
	r.perEpoch = plan.StepsPerEpoch(n, r.plan.Loader.BatchSize, r.plan.Loader.Last)
	r.total = r.perEpoch * r.plan.Train.Epochs
	if r.Steps > 0 {
		r.total = min(r.total, r.Steps)
	}
	if err := r.openFolder(); err != nil {
		return err
	}
	if err := r.resume(); err != nil {
		return err
	}
	r.resumed = r.loop.Step
	if r.metrics, err = openMetrics(filepath.Join(r.Dir, "metrics.jsonl"), r.loop.Metrics); err != nil {
		return err
	}
	r.lastSave = time.Now()
	r.clock.start()
	if r.loop.Step >= r.total {
		return nil
	}
	return r.startLoader(ctx, n)
}

// startLoader begins the stream of batches where the run stands. It outlives ctx by design: the step that is under way when ctx ends is finished.
func (r *run) startLoader(ctx context.Context, n int) (err error) {
	workers := r.Workers
	if workers == 0 {
		workers = r.plan.Loader.Workers
	}
	d := r.data["train"]
	r.loader, err = loader.New(context.WithoutCancel(ctx), loader.Config{
		Samples: d.samples, Channels: d.channels, Views: d.spec.Views, Seed: r.plan.Seed, BatchSize: r.plan.Loader.BatchSize, Workers: workers,
		Prefetch: r.plan.Loader.Prefetch, Last: r.plan.Loader.Last, Shuffle: r.plan.Loader.Shuffle, Epochs: r.plan.Train.Epochs,
		Epoch: r.loop.Step / r.perEpoch, Step: r.loop.Step % r.perEpoch, MaxBadFraction: r.plan.Loader.MaxBadFraction,
		OnBad: func(b loader.Bad) { r.Report.Note("unreadable sample %s: %s", b.Name, b.Err) }})
	if err != nil {
		return Refused{err}
	}
	return nil
}

// openFolder makes the run folder, locks it and writes the plan into it, or checks that the plan there is this one.
func (r *run) openFolder() error {
	if err := os.MkdirAll(r.Dir, 0o777); err != nil {
		return refuse("creating the run folder: %w", err)
	}
	var err error
	if r.lock, err = checkpoint.Lock(r.Dir); err != nil {
		return Refused{err}
	}
	r.store = checkpoint.Open(filepath.Join(r.Dir, "checkpoints"), r.plan.Train.Checkpoint.Keep)
	name := filepath.Join(r.Dir, plan.File)
	if b, err := os.ReadFile(name); err == nil {
		old, err := plan.Decode(b)
		if err != nil {
			return refuse("%s: %w", r.Dir, err)
		}
		if d, err := old.Digest(); err != nil || d != r.digest {
			return refuse("%s holds a run of another plan:%s\nContinue it with that plan (ssc run %s), or name another folder with -run.", r.Dir, plan.Differences(old, r.plan), r.Dir)
		}
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return refuse("reading the plan of the run folder: %w", err)
	}
	return r.writePlan(name)
}

// writePlan puts the plan into the run folder, plan.json last.
func (r *run) writePlan(name string) error {
	for graph, g := range r.plan.Graphs {
		if err := writeFile(filepath.Join(r.Dir, g.File), r.models[graph]); err != nil {
			return refuse("writing the plan: %w", err)
		}
	}
	b, err := plan.Encode(r.plan)
	if err != nil {
		return err
	}
	if err := writeFile(name, b); err != nil {
		return refuse("writing the plan: %w", err)
	}
	return nil
}

func writeFile(name string, b []byte) error {
	return atomic.WriteFile(atomic.OS{}, name, func(w io.Writer) error { _, err := w.Write(b); return err })
}

func (r *run) close() {
	if r.loader != nil {
		r.loader.Close()
	}
	if r.engine != nil {
		r.engine.close()
	}
	if r.metrics != nil {
		r.metrics.close()
	}
	if r.lock != nil {
		r.lock.Unlock()
	}
}
