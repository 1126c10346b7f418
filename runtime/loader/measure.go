package loader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/transform"
)

// Cost is what one part of the work takes.
type Cost struct {
	Name    string  `json:"name"` // "read", or the type of a transform
	Calls   int     `json:"calls"`
	Micros  float64 `json:"us_per_call"`
	Share   float64 `json:"share"` // of the time of an image
	seconds float64
}

// Measurement is how fast views are made.
type Measurement struct {
	Images  int     `json:"images"`
	Views   int     `json:"views"`
	Seconds float64 `json:"seconds"` // of the clock
	CPU     float64 `json:"cpu_seconds"`
	Workers int     `json:"workers"`
	Bad     int     `json:"unreadable"`
	// Costs are the parts of the work, the most expensive first, measured on one worker.
	Costs []Cost `json:"costs"`
	// BatchBytes is the memory of all batches, WorkerBytes what a worker needs at most for the largest image that was met: the bound that sources
	// of encoded images keep, 32 bytes a pixel, and the views.
	BatchBytes  int64 `json:"batch_bytes"`
	WorkerBytes int64 `json:"worker_bytes"`
}

// BatchBytes is the memory of the batches of a loader: those that are prefetched and the one in use.
func BatchBytes(views []plan.View, batchSize, prefetch int) int64 {
	n := int64(0)
	for _, v := range views {
		n += int64(elements(v.Image))
	}
	return int64(prefetch+1) * int64(batchSize) * n * 4
}

// bytesPerPixel is the bound of what is read (see max_pixels of the sources).
const bytesPerPixel = 32

// Measure makes views for the given time: two thirds of it with all workers, as a run does, the rest on one worker part by part. Unreadable samples are left out.
func Measure(ctx context.Context, cfg Config, d time.Duration) (*Measurement, error) {
	cfg.MaxBadFraction, cfg.OnBad, cfg.Epochs = 1, nil, 1<<30
	l, err := New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	m := &Measurement{Workers: l.cfg.Workers, BatchBytes: BatchBytes(cfg.Views, cfg.BatchSize, l.cfg.Prefetch)}
	if err := m.together(ctx, l, d*2/3); err != nil {
		return nil, err
	}
	m.Bad = len(l.seen)
	l.Close()
	return m, m.apart(ctx, l, d/3)
}

// together takes batches from the loader, after those that are made while it starts.
func (m *Measurement) together(ctx context.Context, l *Loader, d time.Duration) error {
	var begin time.Time
	var cpu float64
	for n := 0; n <= l.cfg.Prefetch+1 || time.Since(begin) < d; n++ {
		b, err := l.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n == l.cfg.Prefetch {
			begin, cpu = time.Now(), processorTime()
		} else if n > l.cfg.Prefetch {
			m.Images += b.N
			m.Views += b.N * len(b.Views)
		}
		b.Release()
	}
	m.Seconds, m.CPU = time.Since(begin).Seconds(), processorTime()-cpu
	return nil
}

// processorTime is what this process has used, in seconds.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// apart makes the views of one sample after the other and takes the time of each part.
func (m *Measurement) apart(ctx context.Context, l *Loader, d time.Duration) error {
	w := &worker{l: l, canvas: make([]transform.Image, len(l.views))}
	read := &Cost{Name: "read"}
	parts := map[string]*Cost{}
	pixels, begin := 0, time.Now()
	order := plan.Order(l.cfg.Seed, 0, l.cfg.Samples.Len(), l.cfg.Shuffle)
	for at := 0; time.Since(begin) < d && ctx.Err() == nil; at++ {
		b := &Batch{order: order}
		w.sample.Shrink = func(height, width int) int {
			pixels = max(pixels, height*width)
			return w.shrink(b, at, height, width)
		}
		start := time.Now()
		if _, err := l.cfg.Samples.Read(int(order[at%len(order)]), &w.sample); err != nil {
			if at >= len(order) && read.Calls == 0 {
				return fmt.Errorf("no sample can be read; the last one: %w", err)
			}
			continue
		}
		read.add(start)
		pixels = max(pixels, w.sample.Height*w.sample.Width)
		if err := w.timed(parts, b, at); err != nil {
			return err
		}
	}
	m.WorkerBytes = int64(pixels) * bytesPerPixel
	for _, v := range l.images {
		m.WorkerBytes += 2 * int64(elements(v))
	}
	m.rank(read, parts)
	return ctx.Err()
}

// timed makes the views of the sample that was read last.
func (w *worker) timed(parts map[string]*Cost, b *Batch, position int) error {
	for v, ts := range w.l.views {
		c := &w.canvas[v]
		c.LendImage(&w.sample)
		w.rand = w.stream(b, position, v)
		for i, t := range ts {
			name := w.l.cfg.Views[v].Transforms[i].Type
			if parts[name] == nil {
				parts[name] = &Cost{Name: name}
			}
			start := time.Now()
			if err := t.Apply(c, &w.rand); err != nil {
				return fmt.Errorf("%s of %s: %w", name, w.l.cfg.Samples.Name(int(b.order[position%len(b.order)])), err)
			}
			parts[name].add(start)
		}
		c.ToPlanes()
	}
	return nil
}

func (c *Cost) add(start time.Time) {
	c.Calls++
	c.seconds += time.Since(start).Seconds()
}

func (m *Measurement) rank(read *Cost, parts map[string]*Cost) {
	all, total := []*Cost{read}, read.seconds
	for _, p := range parts {
		all = append(all, p)
		total += p.seconds
	}
	for _, c := range all {
		if c.Calls > 0 {
			c.Micros, c.Share = c.seconds/float64(c.Calls)*1e6, c.seconds/total
		}
		m.Costs = append(m.Costs, *c)
	}
	slices.SortFunc(m.Costs, func(a, b Cost) int {
		switch {
		case a.Share != b.Share && a.Share > b.Share:
			return -1
		case a.Share != b.Share:
			return 1
		}
		return slices.Compare([]byte(a.Name), []byte(b.Name))
	})
}
