package cluster

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"ssc/compiler/plan"
)

// Options of k-means.
type Options struct {
	K          int // clusters
	Iterations int // at most; it ends earlier when no label changes
	Starts     int // from how many random starts the best result is taken; 0: one
	// Assign gives each vector the label of its nearest centroid; nil is the function of that name. All the time of a large k-means goes there.
	Assign func(ctx context.Context, x, centroids Points, labels []int32) error
}

// Result is a partition of vectors.
type Result struct {
	Labels    []int32 // of each vector
	Centroids Points  // [K, dim]; of the last iteration, to which the labels are nearest
	Counts    []int   // members of each cluster, at least one
	Inertia   float64 // sum of the squared distances to the centroids
}

// KMeans partitions vectors by Lloyd's iterations from K different vectors drawn at random, as faiss does, which DeepCluster uses. A cluster that loses its last member takes over half of the largest one: it is given
// that one's centroid, and the two are moved apart by a thousandth, as in faiss too. What is still empty at the end takes the vector that is farthest from the centroid of the largest cluster, so that no cluster is empty.
//
// Lloyd, "Least squares quantization in PCM", 1982; Johnson, Douze, Jégou, "Billion-scale similarity search with GPUs", 2017.
func KMeans(ctx context.Context, x Points, o Options, r plan.Rand) (best *Result, err error) {
	switch {
	case o.K < 1 || o.K > x.N:
		return nil, fmt.Errorf("%d clusters cannot be made of %d vectors", o.K, x.N)
	case !x.Finite():
		return nil, fmt.Errorf("some vectors are not finite")
	}
	for range max(o.Starts, 1) {
		found, err := lloyd(ctx, x, o, r.Perm(x.N)[:o.K])
		if err != nil {
			return nil, err
		}
		if best == nil || found.Inertia < best.Inertia {
			best = found
		}
	}
	return best, nil
}

// lloyd runs from the centroids at the vectors of the given numbers.
func lloyd(ctx context.Context, x Points, o Options, start []int) (*Result, error) {
	f := &Result{Labels: make([]int32, x.N), Centroids: NewPoints(o.K, x.Dim)}
	for i, row := range start {
		copy(f.Centroids.Row(i), x.Row(row))
	}
	assign := o.Assign
	if assign == nil {
		assign = Assign
	}
	if err := assign(ctx, x, f.Centroids, f.Labels); err != nil {
		return nil, err
	}
	before := make([]int32, x.N)
	for range o.Iterations {
		f.Counts = Means(x, f.Labels, f.Centroids)
		f.split()
		copy(before, f.Labels)
		if err := assign(ctx, x, f.Centroids, f.Labels); err != nil {
			return nil, err
		}
		if equal(before, f.Labels) {
			break
		}
	}
	f.fill(x)
	f.Inertia = f.inertia(x)
	return f, nil
}

func equal(a, b []int32) bool {
	for i, v := range a {
		if b[i] != v {
			return false
		}
	}
	return true
}

// Assign gives each vector the label of its nearest centroid, the first of equally near ones. It is broken off with the context's error.
func Assign(ctx context.Context, x, centroids Points, labels []int32) error {
	half := HalfSquares(centroids)
	// A part has as many rows as keep its products in the processor's cache.
	const products = 1 << 18
	size := min(chunk, max(1, products/centroids.N))
	parallel(x.N, size, func(first, end int) {
		if ctx.Err() != nil {
			return
		}
		part := x.Rows(first, end)
		scores := make([]float32, part.N*centroids.N)
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, general(part), general(centroids), 0, blas32.General{Rows: part.N, Cols: centroids.N, Stride: centroids.N, Data: scores})
		for i := range part.N {
			best, label := float32(math.Inf(-1)), 0
			for j, s := range scores[i*centroids.N : (i+1)*centroids.N] {
				if s -= half[j]; s > best {
					best, label = s, j
				}
			}
			labels[first+i] = int32(label)
		}
	})
	return ctx.Err()
}

// HalfSquares are half the squared norms: |x-c|² is least where x·c - |c|²/2 is most.
func HalfSquares(centroids Points) []float32 {
	half := make([]float32, centroids.N)
	for i := range half {
		half[i] = float32(squares(centroids.Row(i)) / 2)
	}
	return half
}

func general(p Points) blas32.General {
	return blas32.General{Rows: p.N, Cols: p.Dim, Stride: p.Dim, Data: p.Data}
}

// Means moves each centroid to the mean of its members and counts them; a centroid without members stays.
func Means(x Points, labels []int32, centroids Points) (counts []int) {
	members := sorted(labels, centroids.N)
	parallel(centroids.N, 1, func(c, _ int) { mean(x, members[c], centroids.Row(c)) })
	counts = make([]int, centroids.N)
	for c, m := range members {
		counts[c] = len(m)
	}
	return counts
}

// mean is the mean of some vectors, if there are any.
func mean(x Points, of []int32, dst []float32) {
	if len(of) == 0 {
		return
	}
	sum := make([]float64, x.Dim)
	for _, i := range of {
		for j, v := range x.Row(int(i)) {
			sum[j] += float64(v)
		}
	}
	for j, v := range sum {
		dst[j] = float32(v / float64(len(of)))
	}
}

// sorted lists the members of each of k clusters in ascending order.
func sorted(labels []int32, k int) [][]int32 {
	begin := make([]int, k+1)
	for _, l := range labels {
		begin[l+1]++
	}
	for c := range k {
		begin[c+1] += begin[c]
	}
	all, at := make([]int32, len(labels)), append([]int(nil), begin...)
	for i, l := range labels {
		all[at[l]] = int32(i)
		at[l]++
	}
	out := make([][]int32, k)
	for c := range out {
		out[c] = all[begin[c]:begin[c+1]]
	}
	return out
}

// split gives every cluster without members half of the largest one.
func (f *Result) split() {
	const apart = 1.0 / 1024
	for e, n := range f.Counts {
		if n > 0 {
			continue
		}
		from := largest(f.Counts)
		a, b := f.Centroids.Row(from), f.Centroids.Row(e)
		for j, v := range a {
			up, down := float32(float64(v)*(1+apart)), float32(float64(v)*(1-apart))
			if j%2 == 1 {
				up, down = down, up
			}
			b[j], a[j] = up, down
		}
		f.Counts[e] = f.Counts[from] / 2
		f.Counts[from] -= f.Counts[e]
	}
}

func largest(counts []int) int {
	at := 0
	for c, n := range counts {
		if n > counts[at] {
			at = c
		}
	}
	return at
}

// fill counts the members, and gives every cluster that has none the outermost vector of the largest one.
func (f *Result) fill(x Points) {
	f.Counts = make([]int, f.Centroids.N)
	for _, l := range f.Labels {
		f.Counts[l]++
	}
	for e, n := range f.Counts {
		if n > 0 {
			continue
		}
		from, far, most := largest(f.Counts), 0, -1.0
		for i, l := range f.Labels {
			if int(l) != from {
				continue
			}
			if d := Distance(x.Row(i), f.Centroids.Row(from)); d > most {
				far, most = i, d
			}
		}
		f.Labels[far] = int32(e)
		copy(f.Centroids.Row(e), x.Row(far))
		f.Counts[from]--
		f.Counts[e] = 1
	}
}

func (f *Result) inertia(x Points) (sum float64) {
	parts := make([]float64, (x.N+chunk-1)/chunk)
	parallel(x.N, chunk, func(first, end int) {
		for i := first; i < end; i++ {
			parts[first/chunk] += Distance(x.Row(i), f.Centroids.Row(int(f.Labels[i])))
		}
	})
	for _, p := range parts {
		sum += p
	}
	return sum
}
