package loader_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/loader"
	"ssc/runtime/transform"
)

// fake is a source of grey 8x8 images whose samples can be made unreadable.
type fake struct {
	n     int
	bad   func(i int) error
	reads func(i int)
}

func (f *fake) Len() int          { return f.n }
func (f *fake) Name(i int) string { return fmt.Sprintf("fake[%d]", i) }

func (f *fake) Read(i int, m *transform.Image) (int64, error) {
	if f.reads != nil {
		f.reads(i)
	}
	if f.bad != nil {
		if err := f.bad(i); err != nil {
			return 0, err
		}
	}
	for p, pix := 0, m.Reset(1, 8, 8); p < len(pix); p++ {
		pix[p] = uint8(i*31 + p*7)
	}
	return int64(i % 10), nil
}

func crop(args map[string]any) plan.View {
	args["size"] = 4
	return plan.View{Image: plan.ImageType{Channels: 1, Height: 4, Width: 4, Normalized: true}, Transforms: []plan.Component{
		{Type: "random_resized_crop", Args: args},
		{Type: "random_applied_trans", Args: map[string]any{"p": 0.5}, Blocks: []plan.Component{{Type: "color_jitter", Args: map[string]any{"brightness": 0.4}}}},
		{Type: "normalize", Args: map[string]any{"mean": []any{0.5}, "std": []any{0.25}}},
	}}
}

func config(s *fake) loader.Config {
	return loader.Config{Samples: s, Channels: 1, Views: []plan.View{crop(map[string]any{}), crop(map[string]any{"scale": []any{0.3, 0.5}})},
		Seed: 11, BatchSize: 6, Workers: 1, Last: plan.LastWrap, Shuffle: true, Epochs: 3}
}

// copied is what a batch held.
type copied struct {
	Epoch, Step, N int
	Views          [][]float32
	Idx, Label     []int64
}

func collect(t *testing.T, cfg loader.Config) []copied {
	t.Helper()
	return collectBy(t, cfg, func(b *loader.Batch) (out [][]float32) {
		for _, v := range b.Views {
			out = append(out, append([]float32(nil), v...))
		}
		return out
	})
}

// collectBy collects batches with the views that a function makes of each.
func collectBy(t *testing.T, cfg loader.Config, views func(*loader.Batch) [][]float32) []copied {
	t.Helper()
	l, err := loader.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out []copied
	for {
		b, err := l.Next(t.Context())
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, copied{Epoch: b.Epoch, Step: b.Step, N: b.N, Views: views(b), Idx: append([]int64(nil), b.Idx...), Label: append([]int64(nil), b.Label...)})
		b.Release()
	}
}

// An iteration of two batches has the first two of a longer one, and reads no sample for a third, however long it is given.
func TestBatches(t *testing.T) {
	var read atomic.Int32
	s := &fake{n: 40}
	cfg := config(s)
	want := collect(t, cfg)[:2]
	s.reads = func(int) { read.Add(1) }
	cfg.Batches, cfg.Prefetch = 2, 5
	if diff := cmp.Diff(want, collect(t, cfg)); diff != "" {
		t.Errorf("two batches differ from the first two of all (-want +got):\n%s", diff)
	}
	l, err := loader.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if got, want := int(read.Load()), 2*2*cfg.BatchSize; got > want {
		t.Errorf("two iterations of two batches of %d read %d samples, want %d", cfg.BatchSize, got, want)
	}
}

func someBad(i int) error {
	switch i % 9 {
	case 4:
		return errors.New("damaged")
	case 7:
		panic("decoder fell over")
	}
	return nil
}

// The batches are the same, bit for bit, for any number of workers and prefetched batches, and from any starting point, with unreadable
// samples among them.
func TestResultDependsOnSeedAlone(t *testing.T) {
	cfg := config(&fake{n: 40, bad: someBad})
	cfg.MaxBadFraction = 1
	want := collect(t, cfg)
	if len(want) != 3*7 {
		t.Fatalf("%d batches, want 21", len(want))
	}
	for _, workers := range []int{2, 7} {
		cfg := cfg
		cfg.Workers, cfg.Prefetch = workers, workers
		if diff := cmp.Diff(want, collect(t, cfg)); diff != "" {
			t.Errorf("%d workers (-1 worker +%d workers):\n%s", workers, workers, diff)
		}
	}
	for _, at := range []int{1, 6, 7, 17, 20} {
		cfg := cfg
		cfg.Workers, cfg.Epoch, cfg.Step = 2, at/7, at%7
		if diff := cmp.Diff(want[at:], collect(t, cfg)); diff != "" {
			t.Errorf("start at batch %d (-whole +part):\n%s", at, diff)
		}
	}
	cfg.Epoch, cfg.Step = 0, 7
	if diff := cmp.Diff(want[7:], collect(t, cfg)); diff != "" {
		t.Errorf("start at step 7 of epoch 0 (-whole +part):\n%s", diff)
	}
	cfg.Step, cfg.Seed = 0, 12
	if cmp.Equal(want, collect(t, cfg)) {
		t.Error("another seed gave the same batches")
	}
}

// Views differ from each other, and a wrapped sample differs from its first appearance.
func TestDrawsDiffer(t *testing.T) {
	cfg := config(&fake{n: 4})
	cfg.Views[1] = cfg.Views[0]
	cfg.BatchSize, cfg.Epochs = 8, 1
	got := collect(t, cfg)[0]
	if cmp.Equal(got.Views[0], got.Views[1]) {
		t.Error("two views of a batch are equal")
	}
	if got.Idx[0] != got.Idx[4] {
		t.Fatalf("idx = %v, want the order twice", got.Idx)
	}
	if cmp.Equal(got.Views[0][:16], got.Views[0][4*16:5*16]) {
		t.Error("a wrapped sample has the same view as at its first place")
	}
}

func TestSequential(t *testing.T) {
	cfg := loader.Sequential(config(&fake{n: 14}))
	var idx, label []int64
	var sizes []int
	for _, b := range collect(t, cfg) {
		idx, label, sizes = append(idx, b.Idx...), append(label, b.Label...), append(sizes, len(b.Views[1])/16)
	}
	if diff := cmp.Diff([]int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, idx); diff != "" {
		t.Errorf("idx (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3}, label); diff != "" {
		t.Errorf("label (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{6, 6, 2}, sizes); diff != "" {
		t.Errorf("batch sizes (-want +got):\n%s", diff)
	}
}

// Unreadable samples are reported once each, in the order of the data, with their reason, and never appear in a batch.
func TestBadSamples(t *testing.T) {
	cfg := config(&fake{n: 40, bad: someBad})
	cfg.Shuffle, cfg.MaxBadFraction, cfg.Workers, cfg.Epochs = false, 0.25, 4, 2
	var got []string
	cfg.OnBad = func(b loader.Bad) {
		got = append(got, fmt.Sprintf("%s: %v", b.Name, b.Err))
		if panicked := b.Index%9 == 7; panicked != strings.Contains(b.Stack, "someBad") {
			t.Errorf("stack of %s = %q, want one only for a panic", b.Name, b.Stack)
		}
	}
	for _, b := range collect(t, cfg) {
		for _, i := range b.Idx {
			if i%9 == 4 || i%9 == 7 {
				t.Errorf("batch %d.%d holds the unreadable sample %d", b.Epoch, b.Step, i)
			}
		}
	}
	seen := map[string]bool{}
	for _, g := range got {
		if seen[g] {
			t.Errorf("%q was reported twice", g)
		}
		seen[g] = true
	}
	for i := range 40 {
		name := fmt.Sprintf("fake[%d]: ", i)
		if i%9 == 4 && !seen[name+"damaged"] || i%9 == 7 && !seen[name+"panic: decoder fell over"] {
			t.Errorf("sample %d was not reported: %q", i, got)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d samples reported, want 8", len(got))
	}
}

func TestTooManyBadSamples(t *testing.T) {
	for _, c := range []struct {
		bad  func(i int) error
		max  float64
		want string
	}{
		{someBad, 0.1, "5 of 40 samples are unreadable, more than max_bad_fraction = 0.1"},
		{func(int) error { return errors.New("damaged") }, 1, "no readable sample found for position 0 of epoch 0"},
	} {
		var want string
		for _, workers := range []int{1, 3} {
			cfg := config(&fake{n: 40, bad: c.bad})
			cfg.MaxBadFraction, cfg.Workers = c.max, workers
			l, err := loader.New(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for err == nil {
				var b *loader.Batch
				if b, err = l.Next(t.Context()); err == nil {
					b.Release()
				}
			}
			if !strings.Contains(err.Error(), c.want) || want != "" && err.Error() != want {
				t.Errorf("Next with %d workers = %v, want %q", workers, err, c.want)
			}
			want = err.Error()
			if _, again := l.Next(t.Context()); again != err {
				t.Errorf("a further Next = %v, want %v", again, err)
			}
		}
	}
}

// Closing and cancelling stop every goroutine, whatever they are at, and are not mistaken for the end of the data.
func TestStopping(t *testing.T) {
	before := runtime.NumGoroutine()
	for round := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		cfg := config(&fake{n: 1000})
		cfg.Workers, cfg.Epochs = 3, 1000
		l, err := loader.New(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range round {
			b, err := l.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if round%2 == 0 {
				b.Release()
				continue
			}
			break
		}
		if round%4 < 2 {
			cancel()
		}
		l.Close()
		for err == nil {
			_, err = l.Next(t.Context())
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Next after the end = %v, want %v", err, context.Canceled)
		}
		cancel()
	}
	for wait := 0; runtime.NumGoroutine() > before; wait++ {
		if wait == 100 {
			t.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// No more than the prefetched batches are read ahead, and a sample is read once for all its views.
func TestBounds(t *testing.T) {
	reads := make(chan int, 1000)
	cfg := config(&fake{n: 600, reads: func(i int) { reads <- i }})
	cfg.Prefetch, cfg.Workers = 3, 2
	l, err := loader.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := l.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if got := len(reads); got != 4*6 {
		t.Errorf("%d samples read with one batch taken, want 24: the batch and three ahead", got)
	}
	if l.Waited() <= 0 {
		t.Errorf("Waited() = %v, want the time of the first batch", l.Waited())
	}
	b.Release()
}

// The caller's memory is where the batches appear.
func TestAlloc(t *testing.T) {
	cfg := config(&fake{n: 12})
	own := map[*float32]bool{}
	cfg.Alloc = func(view, n int) []float32 {
		if n != 6*16 {
			t.Errorf("Alloc(%d, %d), want 96 floats", view, n)
		}
		m := make([]float32, n)
		own[&m[0]] = true
		return m
	}
	l, err := loader.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := l.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(own) != 2*3 || !own[&b.Views[0][0]] || !own[&b.Views[1][0]] {
		t.Errorf("batch lies outside the %d pieces of memory that were provided", len(own))
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*loader.Config)
		want   string
	}{
		{func(c *loader.Config) { c.Samples = &fake{} }, "no samples"},
		{func(c *loader.Config) { c.BatchSize = 0 }, "batch size is 0"},
		{func(c *loader.Config) { c.Last = "keep" }, `last is "keep"`},
		{func(c *loader.Config) { c.Last, c.BatchSize = plan.LastDrop, 50 }, "40 samples, fewer than the batch size of 50"},
		{func(c *loader.Config) { c.Views[0].Image.Width = 5 }, "the plan was compiled for"},
		{func(c *loader.Config) { c.Views[0].Transforms[0].Type = "randm_crop" }, `Did you mean "random_crop"?`},
		{func(c *loader.Config) { c.Views[0].Transforms[0].Args["size"] = -1 }, "greater than 0"},
		{func(c *loader.Config) { c.Views = []plan.View{{Image: plan.ImageType{Channels: 1}}} }, "size of its images is not fixed"},
		{func(c *loader.Config) { c.Alloc = func(int, int) []float32 { return nil } }, "has 0 floats, not 96"},
	} {
		cfg := config(&fake{n: 40})
		c.change(&cfg)
		l, err := loader.New(t.Context(), cfg)
		if err == nil {
			l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New = %v, want %q", err, c.want)
		}
	}
}

// TestGivenOrder: a given order is followed, wraps where it is shorter than an epoch, and changes with the epoch.
func TestGivenOrder(t *testing.T) {
	cfg := config(&fake{n: 8})
	cfg.Epochs, cfg.Order = 2, func(epoch int) []int32 { return [][]int32{{7, 7, 1}, {2, 0, 5, 5}}[epoch] }
	var got [][]int64
	for _, b := range collect(t, cfg) {
		got = append(got, b.Idx)
	}
	if diff := cmp.Diff([][]int64{{7, 7, 1, 7, 7, 1}, {7, 7, 1, 7, 7, 1}, {2, 0, 5, 5, 2, 0}, {5, 5, 2, 0, 5, 5}}, got); diff != "" {
		t.Errorf("samples of the batches (-want +got):\n%s", diff)
	}
}
