package ort_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"ssc/runtime/ort"
)

// convolutions is a chain of small convolutions and elementwise nodes whose weight is an input, as in a training graph.
func convolutions(depth int) []byte {
	var nodes []node
	last := "x"
	for i := range depth {
		a, h := "a"+strconv.Itoa(i), "h"+strconv.Itoa(i)
		nodes = append(nodes, node{op: "Conv", in: []string{last, "w"}, out: []string{a}}, node{op: "Tanh", in: []string{a}, out: []string{h}})
		last = h
	}
	return model(nodes, []value{f32("x", 32, 32, 14, 14), f32("w", 32, 32, 1, 1)}, []value{f32(last, 32, 32, 14, 14)})
}

// BenchmarkThreads shows what idle threads that spin cost, alone and beside two goroutines that prepare batches.
func BenchmarkThreads(b *testing.B) {
	for _, loaders := range []int{0, 2} {
		for _, spinning := range []string{"0", "1"} {
			for _, threads := range []int{0, 1, 2} {
				for _, pattern := range []bool{false, true} {
					b.Run(fmt.Sprintf("loaders=%d/spinning=%s/threads=%d/pattern=%t", loaders, spinning, threads, pattern), func(b *testing.B) {
						stop := compete(loaders)
						defer stop()
						benchmarkRun(b, ort.SessionOptions{Threads: threads, DisableMemPattern: !pattern,
							Config: map[string]string{"session.intra_op.allow_spinning": spinning}})
					})
				}
			}
		}
	}
}

func benchmarkRun(b *testing.B, o ort.SessionOptions) {
	s, err := ort.NewSession(convolutions(30), o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	bound := [2]map[string]*ort.Tensor{{}, {}}
	for i, ports := range [2][]ort.Port{s.Inputs(), s.Outputs()} {
		for _, p := range ports {
			t, err := ort.NewTensor(p.DType, p.Dims)
			if err != nil {
				b.Fatal(err)
			}
			defer t.Close()
			bound[i][p.Name] = t
		}
	}
	binding, err := s.Bind(bound[0], bound[1])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := binding.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ort.MemoryUse().Held), "held-bytes")
}

// compete keeps n goroutines busy until the returned function is called.
func compete(n int) func() {
	done := make(chan struct{})
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			x := 1.0
			for {
				select {
				case <-done:
					return
				default:
					for range 10000 {
						x = x*1.0000001 + 1e-9
					}
				}
			}
		})
	}
	return func() { close(done); group.Wait() }
}
