package report

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
)

// TSNE lays the features out in the plane so that near ones stay near: Barnes-Hut t-SNE (van der Maaten, 2014) with θ 0.5, 1,000 iterations, early exaggeration 12
// over the first 250 and, as in scikit-learn, a start at the first two principal components and a learning rate of max(rows/48, 50). Features of more than 50 dimensions are
// projected on their first 50 principal components before. Perplexity is about the number of neighbours that count, usually 30; it is lowered where there are not
// three times as many rows. Nothing is random, and the result does not depend on the number of processors.
//
// Distances between far groups and the sizes of groups mean nothing in such a map. It takes time like rows squared for the neighbours and rows·log(rows) for the
// rest: about 10 s on two cores for 2,000 rows.
func TSNE(ctx context.Context, f Features, perplexity float64) ([][2]float64, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("t-SNE: %w", err)
	}
	if f.Rows < 4 {
		return make([][2]float64, f.Rows), nil
	}
	if !(perplexity >= 1) {
		return nil, fmt.Errorf("t-SNE: the perplexity is %g and must be at least 1", perplexity)
	}
	t := newTSNE(f, min(perplexity, float64(f.Rows-1)/3))
	for i := range tsneIterations {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("t-SNE: %w", err)
		}
		t.iterate(i)
	}
	return t.y, nil
}

const (
	tsneIterations    = 1000
	tsneExaggerated   = 250 // iterations with early exaggeration and low momentum
	tsneExaggeration  = 12.0
	tsneTheta         = 0.5
	tsneRounds        = 15   // of the search for the principal components: those beyond the first few carry noise, however exact they are
	tsneComponents    = 50   // van der Maaten & Hinton (2008), section 4.2: 30; later implementations 50
	tsneInitDeviation = 1e-4 // of the first coordinate at the start
)

// tsne is a layout under way. The similarities p of row i to its neighbours are p[start[i]:start[i+1]], to the rows in column.
type tsne struct {
	y, velocity, gain, force [][2]float64
	z                        []float64 // each point's part of the normaliser of q
	start                    []int32
	column                   []int32
	p                        []float64
	rate                     float64
	tree                     quadtree
}

func newTSNE(f Features, perplexity float64) *tsne {
	n := f.Rows
	t := &tsne{y: make([][2]float64, n), velocity: make([][2]float64, n), gain: make([][2]float64, n), force: make([][2]float64, n), z: make([]float64, n),
		rate: max(float64(n)/tsneExaggeration/4, 50)}
	x, _, _ := principal(f, tsneComponents, tsneRounds)
	_, k := x.Dims()
	scale, sum := 0.0, 0.0
	for i := range n {
		sum += x.At(i, 0) * x.At(i, 0)
	}
	if sum > 0 {
		scale = tsneInitDeviation / math.Sqrt(sum/float64(n))
	}
	for i := range n {
		t.gain[i] = [2]float64{1, 1}
		for j := range min(2, k) {
			t.y[i][j] = x.At(i, j) * scale
		}
	}
	t.start, t.column, t.p = similarities(x, perplexity)
	return t
}

// iterate moves every point once: gradient descent with momentum and gains (van der Maaten & Hinton, 2008; Jacobs, 1988).
func (t *tsne) iterate(i int) {
	exaggeration, momentum := 1.0, 0.8
	if i < tsneExaggerated {
		exaggeration, momentum = tsneExaggeration, 0.5
	}
	t.gradient(exaggeration, tsneTheta)
	var mean [2]float64
	for i := range t.y {
		for d := range 2 {
			g, v := t.force[i][d], t.velocity[i][d]
			if g*v < 0 {
				t.gain[i][d] += 0.2
			} else {
				t.gain[i][d] = max(t.gain[i][d]*0.8, 0.01)
			}
			t.velocity[i][d] = momentum*v - t.rate*t.gain[i][d]*g
			t.y[i][d] += t.velocity[i][d]
			mean[d] += t.y[i][d] / float64(len(t.y))
		}
	}
	for i := range t.y {
		t.y[i][0] -= mean[0]
		t.y[i][1] -= mean[1]
	}
}

// gradient sets force to the gradient of the Kullback-Leibler divergence: 4 Σ_j (e·p_ij − q_ij) w_ij (y_i − y_j), where w = 1/(1+d²) and q = w/Σw.
func (t *tsne) gradient(exaggeration, theta float64) {
	t.tree.build(t.y)
	n := len(t.y)
	repulsion := make([][2]float64, n)
	parallel(n, func(from, to int) {
		for i := from; i < to; i++ {
			repulsion[i], t.z[i] = t.tree.repulsion(t.y[i], theta)
			var a [2]float64
			for e := t.start[i]; e < t.start[i+1]; e++ {
				o := t.y[t.column[e]]
				dx, dy := t.y[i][0]-o[0], t.y[i][1]-o[1]
				w := t.p[e] / (1 + dx*dx + dy*dy)
				a[0], a[1] = a[0]+w*dx, a[1]+w*dy
			}
			t.force[i] = [2]float64{4 * exaggeration * a[0], 4 * exaggeration * a[1]}
		}
	})
	z := 0.0
	for _, v := range t.z { // in order, whoever computed it
		z += v
	}
	z = max(z, math.SmallestNonzeroFloat64)
	for i := range n {
		t.force[i][0] -= 4 * repulsion[i][0] / z
		t.force[i][1] -= 4 * repulsion[i][1] / z
	}
}

// parallel splits the numbers below n among the processors.
func parallel(n int, work func(from, to int)) {
	var wg sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for w := range workers {
		wg.Go(func() { work(w*n/workers, (w+1)*n/workers) })
	}
	wg.Wait()
}
