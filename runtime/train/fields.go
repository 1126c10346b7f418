package train

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"ssc/compiler/plan"
	"ssc/runtime/loader"
)

// fill copies a batch into the inputs of the training graph.
func (r *run) fill(b *loader.Batch) {
	for _, f := range r.plan.Fields {
		t := r.engine.fields[f.Name]
		switch f.Kind {
		case "view":
			copy(t.Float32(), b.Views[f.View])
		case "idx":
			copy(t.Int64(), b.Idx)
		case "label":
			copy(t.Int64(), b.Label)
		case "pseudo_label":
			r.labels.Look(b.Idx, t.Int64())
		case "noise":
			r.noise(f, t.Float32())
		case "permutation":
			r.permutation(f, t.Int64())
		case "draw":
			r.draw(f, t.Int64())
		}
	}
}

// draws is the stream of random numbers of a field in this step; a field that has several numbers them by part.
func (r *run) draws(use plan.Use, f plan.Field, part uint64) plan.Rand {
	i := slices.IndexFunc(r.plan.Fields, func(g plan.Field) bool { return g.Name == f.Name })
	return plan.NewRand(r.plan.Seed, use, uint64(r.loop.Step), uint64(i), part)
}

func (r *run) noise(f plan.Field, dst []float32) {
	rnd := r.draws(plan.UseNoise, f, 0)
	for i := range dst {
		dst[i] = rnd.Float32()
	}
}

func (r *run) permutation(f plan.Field, dst []int64) {
	rnd := r.draws(plan.UseStep, f, 0)
	for i, v := range rnd.Perm(len(dst)) {
		dst[i] = int64(v)
	}
}

// draw fills dst with numbers below the field's bound. The rows of the first axis have streams of their own, so that several processors can fill them.
func (r *run) draw(f plan.Field, dst []int64) {
	rows := 1
	if len(f.Dims) > 0 {
		rows = f.Dims[0]
	}
	size := len(dst) / max(rows, 1)
	var all sync.WaitGroup
	var row atomic.Int64
	for range min(rows, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(row.Add(1)) - 1; i < rows; i = int(row.Add(1)) - 1 {
				rnd := r.draws(plan.UseStep, f, uint64(i))
				for j := range size {
					dst[i*size+j] = int64(rnd.IntN(f.Below))
				}
			}
		})
	}
	all.Wait()
}
