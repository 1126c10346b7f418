package report

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"testing"
)

// oracle is a data set of five clusters with the divergence that scikit-learn reached on it (testdata/expect.py).
func oracle(t *testing.T) (f Features, kl float64) {
	t.Helper()
	b, err := os.ReadFile("testdata/tsne.json")
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Dim      int
		KL       float64
		Features []float32
	}
	if err := json.Unmarshal(b, &data); err != nil {
		t.Fatal(err)
	}
	return Features{len(data.Features) / data.Dim, data.Dim, data.Features}, data.KL
}

// divergence is Σ p log(p/q) over the similarities of t, by the definition of q.
func divergence(t *tsne, y [][2]float64) (kl float64) {
	w := func(i, j int) float64 {
		dx, dy := y[i][0]-y[j][0], y[i][1]-y[j][1]
		return 1 / (1 + dx*dx + dy*dy)
	}
	z := 0.0
	for i := range y {
		for j := range y {
			if i != j {
				z += w(i, j)
			}
		}
	}
	for i := range y {
		for e := t.start[i]; e < t.start[i+1]; e++ {
			if p := t.p[e]; p > 0 {
				kl += p * math.Log(p*z/w(i, int(t.column[e])))
			}
		}
	}
	return kl
}

func TestTSNEReachesScikitLearn(t *testing.T) {
	f, want := oracle(t)
	y, err := TSNE(t.Context(), f, 30)
	if err != nil {
		t.Fatal(err)
	}
	if got := divergence(newTSNE(f, 30), y); got > want*1.02 {
		t.Errorf("divergence = %.4f, want at most 1.02 times scikit-learn's %.4f", got, want)
	}
	// Row i is of cluster i%5: the nearest neighbour in the map must nearly always be of the same.
	same := 0
	for i, p := range y {
		best, at := math.Inf(1), 0
		for j, q := range y {
			if d := math.Hypot(p[0]-q[0], p[1]-q[1]); j != i && d < best {
				best, at = d, j
			}
		}
		if at%5 == i%5 {
			same++
		}
	}
	if same < 196 {
		t.Errorf("%d of 200 points have a neighbour of their own cluster, want at least 196", same)
	}
}

func TestTSNEIsAFunction(t *testing.T) {
	f := features(60, 70)
	a, err := TSNE(t.Context(), f, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b, err := TSNE(t.Context(), f, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("point %d = %v with all processors and %v with one", i, a[i], b[i])
		}
	}
}

// TestTSNEGradient compares with central differences of the divergence: exact with θ 0, near with θ 0.5.
func TestTSNEGradient(t *testing.T) {
	f, _ := oracle(t)
	s := newTSNE(f, 20)
	for i := range s.y {
		s.y[i][0] *= 2e4
		s.y[i][1] *= 2e4
	}
	s.y[11] = s.y[10] // two points in one place
	const h = 1e-5
	for _, c := range []struct{ theta, tolerance float64 }{{0, 1e-6}, {0.5, 0.03}} {
		s.gradient(1, c.theta)
		num, den := 0.0, 0.0
		for i := 0; i < len(s.y); i += 7 {
			for d := range 2 {
				at := s.y[i][d]
				s.y[i][d] = at + h
				up := divergence(s, s.y)
				s.y[i][d] = at - h
				want := (up - divergence(s, s.y)) / (2 * h)
				s.y[i][d] = at
				num, den = num+(s.force[i][d]-want)*(s.force[i][d]-want), den+want*want
			}
		}
		if e := math.Sqrt(num / den); e > c.tolerance {
			t.Errorf("θ %g: gradient is off by %g, want at most %g", c.theta, e, c.tolerance)
		}
	}
}

// TestSimilarities checks that the matrix sums to one, is symmetric, and that each row's own similarities have the perplexity asked for.
func TestSimilarities(t *testing.T) {
	f, _ := oracle(t)
	x := centred(f)
	start, column, p := similarities(x, 15)
	at := map[[2]int32]float64{}
	sum := 0.0
	for i := range f.Rows {
		for e := start[i]; e < start[i+1]; e++ {
			at[[2]int32{int32(i), column[e]}] = p[e]
			sum += p[e]
		}
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("similarities sum to %g, want 1", sum)
	}
	for k, v := range at {
		if w := at[[2]int32{k[1], k[0]}]; math.Abs(v-w) > 1e-15 {
			t.Fatalf("p%v = %g, but the other way %g", k, v, w)
		}
	}
	near := nearest(x, 3, 45, nil)
	spread(near, 15)
	entropy := 0.0
	for i, e := range near {
		if i > 0 && e.d2 < near[i-1].d2 {
			t.Errorf("neighbour %d is nearer than the one before", i)
		}
		if e.p > 0 {
			entropy -= e.p * math.Log(e.p)
		}
	}
	if got := math.Exp(entropy); math.Abs(got-15) > 1e-4 {
		t.Errorf("perplexity = %g, want 15", got)
	}
}

func TestTSNEOfAlmostNothing(t *testing.T) {
	for _, f := range []Features{{0, 3, nil}, {3, 1, []float32{1, 2, 3}}, {5, 1, []float32{1, 2, 3, 4, 5}}, {6, 2, make([]float32, 12)}} {
		y, err := TSNE(t.Context(), f, 30)
		if err != nil || len(y) != f.Rows {
			t.Errorf("TSNE(%v) = %v, %v, want %d points", f, y, err, f.Rows)
		}
		for _, p := range y {
			if math.IsNaN(p[0]+p[1]) || math.IsInf(p[0]+p[1], 0) {
				t.Errorf("TSNE(%v) = %v, want finite points", f, y)
			}
		}
	}
	if _, err := TSNE(t.Context(), features(10, 2), 0); err == nil {
		t.Error("TSNE with perplexity 0 = nil, want an error")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := TSNE(ctx, features(10, 2), 3); !errors.Is(err, context.Canceled) {
		t.Errorf("TSNE when cancelled = %v, want %v", err, context.Canceled)
	}
}
