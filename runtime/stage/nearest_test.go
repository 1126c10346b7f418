package stage

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	declared "ssc/compiler/probe"

	"ssc/compiler/onnx"
	"ssc/compiler/plan"
	"ssc/runtime/cluster"
	"ssc/runtime/ort"
	"ssc/runtime/probe"
)

// nearestGraph is the compiler's.
func nearestGraph(tb testing.TB) *nearest {
	tb.Helper()
	g := declared.Needs{Nearest: true}.Graphs()[0]
	b, err := onnx.Emit(g, onnx.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	s := &probe.Subject{Plan: &plan.Plan{Target: plan.Target{Device: "cpu"}}, Models: map[string][]byte{g.Name: b}}
	session, err := s.SessionOf(g.Name, 1)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = session.Close() })
	return &nearest{session: session}
}

func randomPoints(n, dim int) cluster.Points {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	p := cluster.NewPoints(n, dim)
	for i := range p.Data {
		p.Data[i] = float32(rng.NormFloat64())
	}
	cluster.Normalize(p)
	return p
}

// TestNearest: the graph finds the centroids that exact distances name, whatever the number of threads, and the first of two that are the same.
func TestNearest(t *testing.T) {
	x, c := randomPoints(2500, 20), randomPoints(300, 20)
	copy(c.Row(200), c.Row(7))
	n := nearestGraph(t)
	var first []int32
	for _, threads := range []int{1, 3} {
		n.threads = threads
		labels := make([]int32, x.N)
		if err := n.assign(context.Background(), x, c, labels); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = labels
		} else if !slices.Equal(labels, first) {
			t.Errorf("with %d threads other labels", threads)
		}
	}
	seven := 0
	for i, l := range first {
		if l == 200 {
			t.Fatalf("vector %d has the second of two equal centroids", i)
		}
		if l == 7 {
			seven++
		}
		got := cluster.Distance(x.Row(i), c.Row(int(l)))
		for k := range c.N {
			if d := cluster.Distance(x.Row(i), c.Row(k)); d < got-1e-5 {
				t.Fatalf("vector %d is %g from centroid %d and %g from %d, which it was given", i, d, k, got, l)
			}
		}
	}
	if seven == 0 {
		t.Error("no vector is nearest to the centroid that is there twice")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := n.assign(ended, x, c, first); !errors.Is(err, context.Canceled) {
		t.Errorf("assign after the end = %v, want it broken off", err)
	}
}

// BenchmarkNearest compares with the function in Go, at the number of clusters and of components that DeepCluster has for ImageNet.
func BenchmarkNearest(b *testing.B) {
	x, c := randomPoints(8192, 256), randomPoints(10000, 256)
	labels := make([]int32, x.N)
	flops := 2 * float64(x.N) * float64(c.N) * float64(x.Dim)
	if _, err := ort.Version(); err != nil {
		b.Fatal(err)
	}
	n := nearestGraph(b)
	for name, assign := range map[string]func(context.Context, cluster.Points, cluster.Points, []int32) error{"graph": n.assign, "go": cluster.Assign} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := assign(context.Background(), x, c, labels); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
