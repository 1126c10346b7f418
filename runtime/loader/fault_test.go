package loader_test

import (
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"ssc/runtime/loader"
)

// An iteration that goes on where another stopped reports what is new alone, and counts what was reported before.
func TestBadSamplesGoOn(t *testing.T) {
	reported := func(cfg loader.Config) (list []int, err error) {
		cfg.OnBad = func(b loader.Bad) { list = append(list, b.Index) }
		l, err := loader.New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for {
			b, err := l.Next(t.Context())
			if err != nil {
				return list, err
			}
			b.Release()
		}
	}
	cfg := config(&fake{n: 40, bad: someBad})
	cfg.MaxBadFraction, cfg.Epochs = 0.2, 1
	whole, err := reported(cfg)
	if err != io.EOF || len(whole) != 8 {
		t.Fatalf("a whole iteration reported %v and ended with %v, want 8 samples", whole, err)
	}
	cfg.Step, cfg.Bad = 3, whole[:2]
	rest, err := reported(cfg)
	for _, i := range rest {
		if slices.Contains(whole[:2], i) {
			t.Errorf("sample %d was reported again", i)
		}
	}
	if err != io.EOF || len(rest) == 0 {
		t.Errorf("the second half reported %v and ended with %v, want some samples", rest, err)
	}
	cfg.Bad = []int{100, 101, 102, 103, 104, 105, 106, 107} // as many as are allowed
	if _, err := reported(cfg); err == nil || !strings.Contains(err.Error(), "9 of 40 samples are unreadable") {
		t.Errorf("with 8 unreadable samples before: %v, want the ninth to be too many", err)
	}
}

// blames panics where no sample is to blame: in Name, which names a bad sample.
type blames struct{ fake }

func (blames) Name(int) string { panic("no name") }

// A panic outside of a sample goes on in Next, with the stack of the goroutine that it came from.
func TestPanicElsewhere(t *testing.T) {
	cfg := config(&fake{n: 40})
	cfg.Samples = &blames{fake{n: 40, bad: someBad}}
	l, err := loader.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer func() {
		p, ok := recover().(*loader.Panic)
		if !ok || !strings.Contains(p.Error(), "no name") || !strings.Contains(p.Stack, "loader_test.blames.Name") {
			t.Errorf("panic of Next = %v, want that of the worker with its stack", p)
		}
	}()
	for err == nil {
		_, err = l.Next(t.Context())
	}
	t.Errorf("Next = %v, want a panic", err)
}

// lenOnce panics where the loader orders its samples.
type lenOnce struct {
	fake
	asked atomic.Int32
}

func (l *lenOnce) Len() int {
	if l.asked.Add(1) > 2 { // twice in New
		panic("no length")
	}
	return l.fake.Len()
}

// A panic while batches are handed out is not lost either, whatever Next is waiting for at that moment.
func TestPanicInDispatch(t *testing.T) {
	for range 50 {
		cfg := config(&fake{n: 40})
		cfg.Samples = &lenOnce{fake: fake{n: 40}}
		got := func() (p any) {
			defer func() { p = recover() }()
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
			return err
		}()
		if p, ok := got.(*loader.Panic); !ok || !strings.Contains(p.Error(), "no length") {
			t.Fatalf("Next ended with %v, want a panic with its cause", got)
		}
	}
}
