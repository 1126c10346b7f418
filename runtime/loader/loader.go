// Package loader turns samples into batches of views, ahead of the step that uses them.
//
// A batch is a pure function of (seed, epoch, step): the order of the epoch, the draws of every augmentation and the substitutes of
// unreadable samples come from counter-based streams (package plan), so neither the number of workers nor where an iteration starts
// changes a value. Memory is bounded: as many batches as are prefetched, plus the one in use, allocated once.
//
//	l, err := loader.New(ctx, loader.Config{Samples: s, Views: views, Seed: 1, BatchSize: 256, Last: plan.LastWrap, Shuffle: true, Epochs: 10})
//	defer l.Close()
//	for {
//		b, err := l.Next(ctx) // io.EOF after the last epoch
//		…
//		b.Release()
//	}
//
// Neighbours: runtime/datasource gives the samples, runtime/transform the views, runtime/train takes the batches.
package loader

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

// Config says what is loaded, in which order, and where from.
type Config struct {
	Samples   datasource.Samples
	Channels  int // of the samples
	Views     []plan.View
	Seed      uint64
	BatchSize int
	Workers   int    // 0: one per processor
	Prefetch  int    // batches ready ahead of the one in use; 0: 2
	Last      string // plan.LastWrap, LastDrop or LastPartial
	Shuffle   bool
	// Order, if not nil, is the order of an epoch's samples: their numbers, some perhaps more than once and others not at all. Shuffle counts only without it.
	Order  func(epoch int) []int32
	Epochs int // iteration ends before this epoch
	Epoch  int // first epoch …
	Step   int // … and first batch in it
	// Batches, if not 0, ends the iteration after so many batches at the latest. No sample is read for another.
	Batches int

	// Record has the views of samples recorded, for a device that makes them: batches then have Recorded and no Views.
	Record bool

	// MaxBadFraction is the share of different unreadable samples in the data set above which Next fails.
	MaxBadFraction float64
	// OnBad, if not nil, is told of each unreadable sample once, from Next, in the order of the data.
	OnBad func(Bad)
	// Bad are the unreadable samples that OnBad was told of before, in an earlier part of the same iteration.
	Bad []int
	// Alloc, if not nil, provides the n floats of a view's batch, for callers that need special memory (aligned, pinned, bound to a
	// session). It is called from New, for each view of each buffer.
	Alloc func(view, n int) []float32
}

// Sequential returns the configuration for one pass over all samples in their own order, with a shorter last batch: feature extraction.
func Sequential(c Config) Config {
	c.Shuffle, c.Order, c.Last, c.Epochs, c.Epoch, c.Step = false, nil, plan.LastPartial, 1, 0, 0
	return c
}

// Batch is one batch. It belongs to the caller of Next until Release.
type Batch struct {
	Epoch, Step int                  // step counts the batches of the epoch from 0
	N           int                  // samples; below the batch size only in a partial batch
	Views       [][]float32          // one per view, [N, C, H, W]
	Recorded    []transform.Recorded // [N], where the loader records
	Idx         []int64              // sample numbers, [N]
	Label       []int64              // -1 without a label, [N]

	full  [][]float32 // Views at the full batch size
	bad   [][]Bad     // for each place in the batch, the samples that could not be read
	order []int32     // of the epoch
	left  int         // places not yet filled, under Loader.mu
	ready chan struct{}
	owner *Loader
}

// Release gives the batch's memory back to the loader. The batch must not be used afterwards.
func (b *Batch) Release() { b.owner.free <- b }

// Loader makes batches.
type Loader struct {
	cfg    Config
	views  [][]transform.Transform
	images []plan.ImageType // of the views
	steps  int              // per epoch

	free   chan *Batch
	queue  chan *Batch // in order; a batch is complete when its ready channel is closed
	tasks  chan task
	ctx    context.Context // the loader's life
	cancel context.CancelCauseFunc
	done   sync.WaitGroup
	ended  bool // all batches were queued; set before queue is closed
	mu     sync.Mutex

	seen   map[int]bool // unreadable samples so far
	waited time.Duration
	err    error
}

// task is a run of places in a batch.
type task struct {
	batch      *Batch
	first, end int
}

// New starts the workers. They stop when ctx ends or Close is called.
func New(ctx context.Context, cfg Config) (*Loader, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.Prefetch == 0 {
		cfg.Prefetch = 2
	}
	l := &Loader{cfg: cfg, steps: plan.StepsPerEpoch(cfg.Samples.Len(), cfg.BatchSize, cfg.Last), seen: map[int]bool{},
		free: make(chan *Batch, cfg.Prefetch+1), queue: make(chan *Batch, cfg.Prefetch+1), tasks: make(chan task)}
	if err := l.build(); err != nil {
		return nil, err
	}
	for range cfg.Prefetch + 1 {
		b, err := l.newBatch()
		if err != nil {
			return nil, err
		}
		l.free <- b
	}
	for _, i := range cfg.Bad {
		l.seen[i] = true
	}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	l.done.Go(func() { l.guard(l.dispatch) })
	for range cfg.Workers {
		l.done.Go(func() { l.guard(l.work) })
	}
	return l, nil
}

func (c *Config) check() error {
	n := c.Samples.Len()
	switch {
	case n == 0:
		return fmt.Errorf("the data set has no samples")
	case n > math.MaxInt32:
		return fmt.Errorf("the data set has %d samples, more than the limit of %d", n, math.MaxInt32)
	case c.BatchSize <= 0:
		return fmt.Errorf("the batch size is %d and must be positive", c.BatchSize)
	case c.Last != plan.LastWrap && c.Last != plan.LastDrop && c.Last != plan.LastPartial:
		return fmt.Errorf("last is %q; it must be %q, %q or %q", c.Last, plan.LastWrap, plan.LastDrop, plan.LastPartial)
	case plan.StepsPerEpoch(n, c.BatchSize, c.Last) == 0:
		return fmt.Errorf("the data set has %d samples, fewer than the batch size of %d, and last = %q leaves incomplete batches out", n, c.BatchSize, c.Last)
	}
	return nil
}

// build makes the transforms of the views and checks that they produce what the plan was compiled for.
func (l *Loader) build() error {
	for i, v := range l.cfg.Views {
		ts, err := transform.Build(v.Transforms)
		if err != nil {
			return fmt.Errorf("view %d: %w", i, err)
		}
		if l.cfg.Record {
			if err := transform.Recordable(ts); err != nil {
				return fmt.Errorf("view %d: %w", i, err)
			}
		}
		got, err := transform.Shape(ts, plan.ImageType{Channels: l.cfg.Channels})
		if err != nil {
			return fmt.Errorf("view %d: %w", i, err)
		}
		if got != v.Image {
			return fmt.Errorf("view %d: the transforms make images of %+v, but the plan was compiled for %+v", i, got, v.Image)
		}
		if got.Height == 0 || got.Width == 0 {
			return fmt.Errorf("view %d: the size of its images is not fixed; end it with a crop or a resize to [height, width]", i)
		}
		l.views = append(l.views, ts)
		l.images = append(l.images, got)
	}
	return nil
}

// order is that of the epoch's samples.
func (c *Config) order(epoch int) []int32 {
	if c.Order != nil {
		return c.Order(epoch)
	}
	return plan.Order(c.Seed, epoch, c.Samples.Len(), c.Shuffle)
}

func elements(t plan.ImageType) int { return t.Channels * t.Height * t.Width }

func (l *Loader) newBatch() (*Batch, error) {
	size := l.cfg.BatchSize
	b := &Batch{owner: l, Idx: make([]int64, size), Label: make([]int64, size), bad: make([][]Bad, size)}
	if l.cfg.Record {
		b.Recorded = make([]transform.Recorded, size)
		return b, nil
	}
	for v, t := range l.images {
		n := size * elements(t)
		var data []float32
		if l.cfg.Alloc == nil {
			data = make([]float32, n)
		} else if data = l.cfg.Alloc(v, n); len(data) != n {
			return nil, fmt.Errorf("the memory for view %d has %d floats, not %d", v, len(data), n)
		}
		b.full = append(b.full, data)
	}
	b.Views = make([][]float32, len(b.full))
	return b, nil
}

// StepsPerEpoch is the number of batches in an epoch.
func (l *Loader) StepsPerEpoch() int { return l.steps }

// Waited is how long calls of Next have waited for data so far. Next and Waited are for one goroutine.
func (l *Loader) Waited() time.Duration { return l.waited }

// Next returns the next batch, or io.EOF after the last one. Too many unreadable samples are an error, and so is a sample for which no
// readable substitute is found. After an error, also of ctx, the loader is finished and the error repeats. A panic of the loader's goroutines that no sample is to
// blame for goes on here, in the caller's.
func (l *Loader) Next(ctx context.Context) (*Batch, error) {
	if l.err != nil {
		return nil, l.err
	}
	start := time.Now()
	defer func() { l.waited += time.Since(start) }()
	b, err := l.await(ctx)
	if err != nil {
		if p, ok := context.Cause(l.ctx).(*Panic); ok {
			panic(p)
		}
		l.err = err
		return nil, err
	}
	if l.err = l.account(b); l.err != nil {
		b.Release()
		return nil, l.err
	}
	return b, nil
}

// await takes the next batch from the queue and waits until it is complete. A batch that is given up on is lost, so every error is final.
func (l *Loader) await(ctx context.Context) (b *Batch, err error) {
	ok := false
	select {
	case b, ok = <-l.queue:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch {
	case !ok && l.ended:
		return nil, io.EOF
	case !ok: // dispatching was broken off, by a context that has ended or a panic that is about to end it
		<-l.ctx.Done()
		return nil, l.ctx.Err()
	}
	select {
	case <-b.ready:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.ctx.Done():
		return nil, l.ctx.Err()
	}
}

// account reports the batch's unreadable samples and counts them.
func (l *Loader) account(b *Batch) error {
	for i, place := range b.bad[:b.N] {
		for _, bad := range place {
			if l.seen[bad.Index] {
				continue
			}
			l.seen[bad.Index] = true
			if l.cfg.OnBad != nil {
				l.cfg.OnBad(bad)
			}
			if n := l.cfg.Samples.Len(); float64(len(l.seen)) > l.cfg.MaxBadFraction*float64(n) {
				return fmt.Errorf("%d of %d samples are unreadable, more than max_bad_fraction = %g; the last one: %s: %w",
					len(l.seen), n, l.cfg.MaxBadFraction, bad.Name, bad.Err)
			}
		}
		if len(place) == maxSubstitutes {
			return fmt.Errorf("no readable sample found for position %d of epoch %d in %d draws", b.Step*l.cfg.BatchSize+i, b.Epoch, maxSubstitutes)
		}
	}
	return nil
}

// Close stops the workers and waits for them. It may be called more than once.
func (l *Loader) Close() {
	l.cancel(nil)
	l.done.Wait()
}
