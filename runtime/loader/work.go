package loader

import (
	"context"
	"fmt"
	"runtime/debug"

	"ssc/compiler/plan"
	"ssc/runtime/failpoint"
	"ssc/runtime/transform"
)

// Bad is a sample that could not be read or transformed.
type Bad struct {
	Index    int    // sample number
	Name     string // where it comes from
	Epoch    int
	Position int    // in the epoch's order, of the place that another sample took
	Err      error  // why
	Stack    string // of a panic, else empty
}

// String says what was wrong with which sample, and where a panic came from.
func (b Bad) String() string {
	text := fmt.Sprintf("%s: %s", b.Name, b.Err)
	if b.Stack != "" {
		text += "\n" + b.Stack
	}
	return text
}

// Panic is a panic of one of the loader's goroutines.
type Panic struct {
	Value any
	Stack string
}

func (p *Panic) Error() string { return fmt.Sprintf("panic in the loader: %v\n%s", p.Value, p.Stack) }

// guard runs one of the loader's goroutines. A panic ends the loader and goes on in Next.
func (l *Loader) guard(f func(context.Context)) {
	defer func() {
		if p := recover(); p != nil {
			l.cancel(&Panic{p, string(debug.Stack())})
		}
	}()
	f(l.ctx)
}

// dispatch hands out the batches in order, each as soon as a buffer is free.
func (l *Loader) dispatch(ctx context.Context) {
	defer close(l.tasks)
	defer close(l.queue)
	c := &l.cfg
	step, left := c.Step, c.Batches
	for epoch := c.Epoch + step/l.steps; epoch < c.Epochs; epoch++ {
		order := c.order(epoch)
		for step %= l.steps; step < l.steps; step++ {
			select {
			case b := <-l.free:
				if !l.start(ctx, b, order, epoch, step) {
					return
				}
			case <-ctx.Done():
				return
			}
			if left--; left == 0 {
				l.ended = true
				return
			}
		}
	}
	l.ended = true
}

// start queues a batch and its tasks; it returns false when ctx has ended.
func (l *Loader) start(ctx context.Context, b *Batch, order []int32, epoch, step int) bool {
	if err := failpoint.Dispatch.Hit(); err != nil {
		panic(err)
	}
	size := l.cfg.BatchSize
	b.Epoch, b.Step, b.N, b.order = epoch, step, plan.BatchLen(len(order), step, size, l.cfg.Last), order
	b.Idx, b.Label, b.left, b.ready = b.Idx[:b.N], b.Label[:b.N], b.N, make(chan struct{})
	if l.cfg.Record {
		b.Recorded = b.Recorded[:b.N]
	}
	for v := range b.Views {
		b.Views[v] = b.full[v][:b.N*elements(l.images[v])]
	}
	for i := range b.bad {
		b.bad[i] = b.bad[i][:0]
	}
	select {
	case l.queue <- b:
	case <-ctx.Done():
		return false
	}
	run := min(max(size/(4*l.cfg.Workers), 1), 32)
	for first := 0; first < b.N; first += run {
		select {
		case l.tasks <- task{b, first, min(first+run, b.N)}:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// worker holds what one goroutine needs for any number of samples.
type worker struct {
	l      *Loader
	sample transform.Image   // as it was read
	canvas []transform.Image // one for each view
	rand   plan.Rand
}

func (l *Loader) work(ctx context.Context) {
	w := &worker{l: l, canvas: make([]transform.Image, len(l.views))}
	for t := range l.tasks {
		for i := t.first; i < t.end; i++ {
			if ctx.Err() != nil {
				return
			}
			w.place(t.batch, i)
		}
		l.finish(t)
	}
}

// finish counts a task's places as filled and completes the batch with the last of them.
func (l *Loader) finish(t task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.batch.left -= t.end - t.first
	if t.batch.left == 0 {
		close(t.batch.ready)
	}
}

// maxSubstitutes bounds the search for a readable sample. With half of the data unreadable it fails once in 2^32 places.
const maxSubstitutes = 32

// place fills place i of a batch: with its sample or, when that is unreadable, with one drawn from the stream of the place. When the draws
// are used up the place stays empty, which account notices.
func (w *worker) place(b *Batch, i int) {
	position := b.Step*w.l.cfg.BatchSize + i
	index := int(b.order[position%len(b.order)])
	substitutes := plan.NewRand(w.l.cfg.Seed, plan.UseSubstitute, uint64(b.Epoch), uint64(position), 0)
	for range maxSubstitutes {
		bad := w.fill(b, i, position, index)
		if bad == nil {
			return
		}
		b.bad[i] = append(b.bad[i], *bad)
		index = substitutes.IntN(len(b.order))
	}
}

// fill makes all views of one sample, which is read once. A panic counts as an unreadable sample.
func (w *worker) fill(b *Batch, i, position, index int) (bad *Bad) {
	fail := func(err error, stack string) *Bad {
		return &Bad{index, w.l.cfg.Samples.Name(index), b.Epoch, position, err, stack}
	}
	defer func() {
		if p := recover(); p != nil {
			bad = fail(fmt.Errorf("panic: %v", p), string(debug.Stack()))
			w.sample, w.canvas = transform.Image{}, make([]transform.Image, len(w.canvas))
		}
	}()
	if err := failpoint.Worker.Hit(); err != nil {
		return fail(err, "")
	}
	w.sample.Shrink = func(height, width int) int { return w.shrink(b, position, height, width) }
	label, err := w.l.cfg.Samples.Read(index, &w.sample)
	if err != nil {
		return fail(err, "")
	}
	if w.l.cfg.Record {
		err = w.record(b, i, position)
	} else {
		err = w.make(b, i, position)
	}
	if err != nil {
		return fail(err, "")
	}
	b.Idx[i], b.Label[i] = int64(index), label
	return nil
}

// record notes the views of the sample that was read.
func (w *worker) record(b *Batch, i, position int) error {
	p := &b.Recorded[i]
	p.Fill(&w.sample)
	for v, ts := range w.l.views {
		w.rand = w.stream(b, position, v)
		if err := p.View(ts, w.l.images[v], &w.rand); err != nil {
			return err
		}
	}
	return nil
}

// make makes the views of the sample that was read.
func (w *worker) make(b *Batch, i, position int) error {
	for v, ts := range w.l.views {
		m := &w.canvas[v]
		m.LendImage(&w.sample)
		n := elements(w.l.images[v])
		m.Dst = b.full[v][i*n : (i+1)*n : (i+1)*n]
		w.rand = w.stream(b, position, v)
		for _, t := range ts {
			if err := t.Apply(m, &w.rand); err != nil {
				return err
			}
		}
		if m.ToPlanes(); m.Channels != w.l.images[v].Channels || m.Height != w.l.images[v].Height || m.Width != w.l.images[v].Width {
			return fmt.Errorf("view %d came out as [channels=%d, height=%d, width=%d]", v, m.Channels, m.Height, m.Width)
		}
	}
	return nil
}

// stream is the randomness of a view of the sample at a position.
func (w *worker) stream(b *Batch, position, view int) plan.Rand {
	return plan.NewRand(w.l.cfg.Seed, plan.UseView, uint64(b.Epoch), uint64(position), uint64(view))
}

// shrink is by how much the sample at a position may be decoded smaller, for all its views.
func (w *worker) shrink(b *Batch, position, height, width int) int {
	n := 8
	for v, ts := range w.l.views {
		n = min(n, transform.Shrink(ts, height, width, w.stream(b, position, v)))
	}
	return n
}
