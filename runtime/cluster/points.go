package cluster

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Points are vectors: N×Dim, row-major.
type Points struct {
	N, Dim int
	Data   []float32
}

// NewPoints are n vectors of zeros.
func NewPoints(n, dim int) Points { return Points{n, dim, make([]float32, n*dim)} }

// Row is vector i.
func (p Points) Row(i int) []float32 { return p.Data[i*p.Dim : (i+1)*p.Dim : (i+1)*p.Dim] }

// Rows are the vectors from first to end-1.
func (p Points) Rows(first, end int) Points {
	return Points{end - first, p.Dim, p.Data[first*p.Dim : end*p.Dim]}
}

// Clone is a copy.
func (p Points) Clone() Points { return Points{p.N, p.Dim, append([]float32(nil), p.Data...)} }

// Finite reports whether every number is finite.
func (p Points) Finite() bool {
	for _, v := range p.Data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}

// Normalize divides each vector by its Euclidean norm plus 1e-10, as MMSelfSup does before it clusters.
func Normalize(p Points) {
	parallel(p.N, chunk, func(first, end int) {
		for i := first; i < end; i++ {
			row := p.Row(i)
			norm := math.Sqrt(squares(row)) + 1e-10
			for j, v := range row {
				row[j] = float32(float64(v) / norm)
			}
		}
	})
}

// squares is the sum of squares.
func squares(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(float64(v) * float64(v)) // the conversion forbids a fused multiply-add: every machine sums the same
	}
	return sum
}

// Distance is the squared Euclidean distance of two vectors.
func Distance(a, b []float32) (sum float64) {
	for i, v := range a {
		d := float64(v) - float64(b[i])
		sum += float64(d * d)
	}
	return sum
}

// dot is the inner product.
func dot(a, b []float32) (sum float64) {
	for i, v := range a {
		sum += float64(float64(v) * float64(b[i]))
	}
	return sum
}

// chunk is how many vectors a processor takes at a time.
const chunk = 256

// parallel is Parallel on all processors.
func parallel(n, size int, f func(first, end int)) { Parallel(n, size, 0, f) }

// Parallel calls f for the parts of 0 … n-1, size long each but the last, on so many threads, one per processor for 0. The parts do not depend on how many there are.
func Parallel(n, size, threads int, f func(first, end int)) {
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	parts := (n + size - 1) / size
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(parts, threads) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < parts; i = int(next.Add(1)) - 1 {
				f(i*size, min((i+1)*size, n))
			}
		})
	}
	all.Wait()
}
