package loader_test

import (
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/loader"
)

// BenchmarkLoader reports the time of a batch of 256 samples with two views.
func BenchmarkLoader(b *testing.B) {
	cfg := config(&fake{n: 4096})
	cfg.BatchSize, cfg.Workers, cfg.Last, cfg.Epochs = 256, 0, plan.LastDrop, 1<<30
	l, err := loader.New(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.ReportAllocs()
	for b.Loop() {
		batch, err := l.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		batch.Release()
	}
}
