package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
)

// partition is what scikit-learn makes of vectors: from given starts, and the best of fifty of its own.
type partition struct {
	Rows          [][]float32
	K             int
	Start         []int
	Labels        []int32
	Inertia, Best float64
}

func (p partition) points() Points {
	x := NewPoints(len(p.Rows), len(p.Rows[0]))
	for i, r := range p.Rows {
		copy(x.Row(i), r)
	}
	return x
}

type expectations struct {
	Blobs, Cloud partition
	White        [][]float64
}

// expected is what testdata/expect.py wrote.
func expected(t *testing.T) (e expectations) {
	t.Helper()
	text, err := os.ReadFile("testdata/expect.json")
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func stream(n uint64) plan.Rand { return plan.NewRand(n, plan.UseCluster, 0, 0, 0) }

// TestLloyd: from the same start the iterations end where scikit-learn's do.
func TestLloyd(t *testing.T) {
	e := expected(t)
	for name, p := range map[string]partition{"blobs": e.Blobs, "cloud": e.Cloud} {
		got, err := lloyd(context.Background(), p.points(), Options{K: p.K, Iterations: 100}, p.Start)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p.Labels, got.Labels); diff != "" {
			t.Errorf("%s: labels (-scikit-learn +ours):\n%s", name, diff)
		}
		if math.Abs(got.Inertia/p.Inertia-1) > 1e-5 {
			t.Errorf("%s: inertia = %g, want %g", name, got.Inertia, p.Inertia)
		}
	}
}

// TestKMeansInertia: the best of fifty random starts is as good as scikit-learn's.
func TestKMeansInertia(t *testing.T) {
	e := expected(t)
	for name, p := range map[string]partition{"blobs": e.Blobs, "cloud": e.Cloud} {
		got, err := KMeans(context.Background(), p.points(), Options{K: p.K, Iterations: 100, Starts: 50}, stream(1))
		if err != nil {
			t.Fatal(err)
		}
		if got.Inertia > 1.01*p.Best {
			t.Errorf("%s: inertia = %g, want at most 1 %% more than %g", name, got.Inertia, p.Best)
		}
	}
}

// TestWhiten compares coordinates with scikit-learn's up to their signs, and the variances of all with 1.
func TestWhiten(t *testing.T) {
	e := expected(t)
	y, err := Whiten(e.Cloud.points(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 2 {
		same, opposite := 0.0, 0.0
		for i, want := range e.White {
			same = max(same, math.Abs(float64(y.Row(i)[c])-want[c]))
			opposite = max(opposite, math.Abs(float64(y.Row(i)[c])+want[c]))
		}
		if min(same, opposite) > 1e-4 {
			t.Errorf("component %d differs from scikit-learn's by %g, or %g with the other sign", c, same, opposite)
		}
	}
}

// TestWhitenFlat: a direction without variance becomes 0 instead of noise, and one that is not there is an error.
func TestWhitenFlat(t *testing.T) {
	x := NewPoints(8, 3)
	for i := range x.N {
		x.Row(i)[0], x.Row(i)[1] = float32(i), float32(2*i)
	}
	y, err := Whiten(x, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range y.N {
		if r := y.Row(i); math.Abs(float64(r[0])) > 2 || r[1] != 0 || r[2] != 0 {
			t.Errorf("row %d = %v, want one coordinate of variance 1 and zeros", i, r)
		}
	}
	if _, err := Whiten(x, 4); err == nil {
		t.Error("four components of vectors of three numbers: no error")
	}
}

// TestNoneEmpty: even where vectors repeat, every cluster has a member.
func TestNoneEmpty(t *testing.T) {
	x := NewPoints(20, 2)
	for i := range x.N {
		x.Row(i)[0] = float32(i % 3) // three different vectors for seven clusters
	}
	got, err := KMeans(context.Background(), x, Options{K: 7, Iterations: 10}, stream(2))
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 7)
	for _, l := range got.Labels {
		counts[l]++
	}
	if slices.Min(counts) < 1 || !slices.Equal(counts, got.Counts) {
		t.Errorf("members = %v, reported as %v, want at least one each", counts, got.Counts)
	}
	if got.Inertia > 1e-3 { // clusters that were parted stand a thousandth apart; one vector in a wrong cluster costs more than 0.1
		t.Errorf("inertia = %g, want nearly 0: there are more clusters than different vectors", got.Inertia)
	}
}

// TestThreads: the number of processors changes no bit.
func TestThreads(t *testing.T) {
	x := random(3000, 16, 3)
	run := func(n int) (*Result, Points) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
		white, err := Whiten(x, 8)
		if err != nil {
			t.Fatal(err)
		}
		Normalize(white)
		got, err := KMeans(context.Background(), white, Options{K: 40, Iterations: 10}, stream(3))
		if err != nil {
			t.Fatal(err)
		}
		return got, white
	}
	one, a := run(1)
	four, b := run(4)
	if diff := cmp.Diff(one, four); diff != "" || !slices.Equal(a.Data, b.Data) {
		t.Errorf("four processors give another result than one:\n%s", diff)
	}
}

func random(n, dim int, seed uint64) Points {
	r := stream(seed)
	x := NewPoints(n, dim)
	for i := range x.Data {
		x.Data[i] = float32(r.Normal())
	}
	return x
}

// TestRefused: what cannot be clustered is an error.
func TestRefused(t *testing.T) {
	x := random(5, 2, 4)
	if _, err := KMeans(context.Background(), x, Options{K: 6}, stream(1)); err == nil {
		t.Error("six clusters of five vectors: no error")
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := KMeans(ended, x, Options{K: 2, Iterations: 9}, stream(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended gives %v, want %v", err, context.Canceled)
	}
	x.Data[3] = float32(math.NaN())
	if _, err := KMeans(context.Background(), x, Options{K: 2}, stream(1)); err == nil {
		t.Error("a vector that is not a number: no error")
	}
}

// TestAssign: another partition changes labels and counts, and neither features nor centroids.
func TestAssign(t *testing.T) {
	x := NewPoints(4, 2)
	copy(x.Data, []float32{1, 0, 0, 1, 1, 0, 0, 1})
	m := &Memory{Features: NewPoints(4, 2), Labels: make([]float32, 4), Centroids: NewPoints(3, 2), Counts: make([]float32, 3)}
	m.Fill(x, []int32{0, 1, 0, 1})
	features, centroids := m.Features.Clone(), m.Centroids.Clone()
	m.Assign([]int32{2, 1, 1, 1})
	if diff := cmp.Diff([]float32{2, 1, 1, 1, 0, 3, 1}, append(slices.Clone(m.Labels), m.Counts...)); diff != "" {
		t.Errorf("labels and counts (-want +got):\n%s", diff)
	}
	if !slices.Equal(m.Features.Data, features.Data) || !slices.Equal(m.Centroids.Data, centroids.Data) {
		t.Error("assigning clusters moves features or centroids")
	}
}

// TestMerge: members of a small cluster go to the nearest of the others, which is parted in two; labels, counts and centroids agree afterwards.
func TestMerge(t *testing.T) {
	// Forty vectors around (1, 0), in two groups, sixteen around (0, 1), and two of a third cluster near the latter.
	x, labels := NewPoints(58, 2), make([]int32, 58)
	r := stream(5)
	for i := range x.N {
		at := [2]float64{1, 0.4*float64(i%2) - 0.2}
		switch {
		case i >= 56:
			at, labels[i] = [2]float64{0.3, 1}, 2
		case i >= 40:
			at, labels[i] = [2]float64{0, 1}, 1
		}
		x.Row(i)[0], x.Row(i)[1] = float32(at[0]+0.01*r.Normal()), float32(at[1]+0.01*r.Normal())
	}
	m := &Memory{Features: NewPoints(58, 2), Labels: make([]float32, 58), Centroids: NewPoints(3, 2), Counts: make([]float32, 3)}
	m.Fill(x, labels)
	if diff := cmp.Diff([]float32{40, 16, 2}, m.Counts); diff != "" {
		t.Fatalf("members (-want +got):\n%s", diff)
	}
	if m.Small(2) || !m.Small(3) {
		t.Error("the smallest cluster has two members: it is small for 3, not for 2")
	}
	n, err := m.Merge(context.Background(), 3, func(part int) plan.Rand { return stream(uint64(part)) })
	if err != nil || n != 1 {
		t.Fatalf("Merge replaced %d clusters (%v), want 1", n, err)
	}
	if diff := cmp.Diff([]float32{20, 18, 20}, m.Counts); diff != "" {
		t.Errorf("members after merging (-want +got):\n%s", diff)
	}
	for i := range 40 {
		if m.Labels[i] != m.Labels[i%2] || m.Labels[0] == m.Labels[1] {
			t.Fatalf("labels of the parted cluster = %v, want its two groups", m.Labels[:40])
		}
	}
	for i := 40; i < 58; i++ {
		if m.Labels[i] != 1 {
			t.Errorf("label %d = %g, want 1", i, m.Labels[i])
		}
	}
	moved := m.Centroids.Clone()
	m.Centre()
	for _, c := range []int{0, 2} {
		if d := Distance(moved.Row(c), m.Centroids.Row(c)); d > 1e-12 {
			t.Errorf("centroid %d is not the mean of its members: it is %g from it", c, d)
		}
	}
	if _, err := m.Merge(context.Background(), 30, func(int) plan.Rand { return stream(1) }); err == nil {
		t.Error("all clusters are small: no error")
	}
}
