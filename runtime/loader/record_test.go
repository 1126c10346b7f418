package loader_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/kernels/cuda/host"
	"ssc/runtime/augment"
	"ssc/runtime/loader"
	"ssc/runtime/nvrtc"
)

// TestRecord: what a recording loader gives to a GPU becomes the batches of one that makes views itself, for any number of workers, with unreadable samples among them.
func TestRecord(t *testing.T) {
	lib := host.Library(t, "augment.cu")
	cfg := config(&fake{n: 20, bad: someBad})
	cfg.MaxBadFraction, cfg.Epochs, cfg.Last = 1, 1, plan.LastPartial
	want := collect(t, cfg)
	cfg.Record = true
	for _, workers := range []int{1, 3} {
		cfg.Workers = workers
		if diff := cmp.Diff(want, carriedOut(t, cfg, lib)); diff != "" {
			t.Errorf("%d workers (-made +recorded):\n%s", workers, diff)
		}
	}
}

// carriedOut collects the batches of a recording loader, whose views a GPU makes.
func carriedOut(t *testing.T, cfg loader.Config, lib string) []copied {
	t.Helper()
	d, err := nvrtc.OpenDriver(lib, 0)
	if err != nil {
		t.Fatal(err)
	}
	g, err := augment.Load(d, host.Binary)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	const size = 4 * 4 * 4
	to, err := d.NewMemory(cfg.BatchSize * size)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	back, err := d.NewHost(cfg.BatchSize * size)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	return collectBy(t, cfg, func(b *loader.Batch) (out [][]float32) {
		if len(b.Views) > 0 || len(b.Recorded) != b.N {
			t.Errorf("a batch of %d has %d views and %d records", b.N, len(b.Views), len(b.Recorded))
		}
		err := g.Send(b.Recorded)
		for v := range cfg.Views {
			x := make([]float32, b.N*size/4)
			err = errors.Join(err, g.Make(v, b.Recorded, to.Address()), to.CopyOut(back, b.N*size), g.Wait())
			if _, none := binary.Decode(back.Bytes(), binary.NativeEndian, x); none != nil || err != nil {
				t.Fatal(none, err)
			}
			out = append(out, x)
		}
		return out
	})
}

// TestRecordRefuses: a view that no other device can make is refused at once.
func TestRecordRefuses(t *testing.T) {
	cfg := config(&fake{n: 20})
	cfg.Record = true
	cfg.Views[1].Transforms = append(cfg.Views[1].Transforms, plan.Component{Type: "random_erasing"})
	if _, err := loader.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "view 1: transform 4 works on the processor alone") {
		t.Errorf("New = %v", err)
	}
}
