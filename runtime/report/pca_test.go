package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// features are vectors of two clusters with unequal variances, made without a random source.
func features(rows, dim int) Features {
	f := Features{rows, dim, nil}
	for i := range rows {
		for j := range dim {
			s := math.Sin(float64(i*dim+j+1)*78.233) * 43758.5453
			f.Data = append(f.Data, float32((s-math.Floor(s)-0.5)*4/float64(j+1)+float64(i%2)*2))
		}
	}
	return f
}

// TestPCA compares with gonum's decomposition of the whole.
func TestPCA(t *testing.T) {
	for _, size := range [][2]int{{50, 6}, {30, 64}, {200, 3}, {3, 2}, {2, 5}, {40, 1}} {
		f := features(size[0], size[1])
		got, share, err := PCA(f)
		if err != nil {
			t.Fatal(err)
		}
		x := centred(f)
		var pc stat.PC
		if !pc.PrincipalComponents(x, nil) {
			t.Fatal("gonum does not converge")
		}
		var vectors, want mat.Dense
		pc.VectorsTo(&vectors)
		want.Mul(x, &vectors)
		total := 0.0
		for _, v := range pc.VarsTo(nil) {
			total += v
		}
		for j := range min(2, size[1]) {
			if d := math.Abs(share[j] - pc.VarsTo(nil)[j]/total); d > 1e-9 {
				t.Errorf("%v: share %d = %g, want %g", size, j, share[j], pc.VarsTo(nil)[j]/total)
			}
			sign, worst := 1.0, 0.0
			for i := range got {
				if math.Abs(want.At(i, j)) > 1e-3 && got[i][j]*want.At(i, j) < 0 && i == 0 {
					sign = -1
				}
				worst = max(worst, math.Abs(got[i][j]-sign*want.At(i, j)))
			}
			if worst > 1e-5 {
				t.Errorf("%v: component %d is off by %g", size, j, worst)
			}
		}
	}
}

func TestPCAOfAlmostNothing(t *testing.T) {
	for _, f := range []Features{{0, 4, nil}, {1, 2, []float32{3, 4}}, {3, 2, make([]float32, 6)}} {
		points, share, err := PCA(f)
		if err != nil || len(points) != f.Rows || share != [2]float64{} {
			t.Errorf("PCA(%v) = %v, %v, %v, want zeros", f, points, share, err)
		}
		for _, p := range points {
			if p != [2]float64{} {
				t.Errorf("PCA(%v) = %v, want zeros", f, points)
			}
		}
	}
}

func TestFeaturesRefused(t *testing.T) {
	for want, f := range map[string]Features{"2 features of 2 values, but 3 numbers": {2, 2, make([]float32, 3)}, "1 features of 0 values": {1, 0, nil},
		"feature 1 is not finite": {2, 2, []float32{1, 2, 3, float32(math.NaN())}}} {
		_, _, pca := PCA(f)
		_, tsne := TSNE(t.Context(), f, 5)
		_, near := Nearest(f, f, nil, 1)
		for _, err := range []error{pca, tsne, near} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("features %v = %v, want an error with %q", f, err, want)
			}
		}
	}
}

// TestNearest compares with cosines computed one by one.
func TestNearest(t *testing.T) {
	f := features(40, 5)
	copy(f.row(7), make([]float32, 5)) // a zero vector
	cosine := func(a, b []float32) float64 {
		ab, aa, bb := 0.0, 0.0, 0.0
		for i := range a {
			ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
		}
		if aa*bb == 0 {
			return 0
		}
		return ab / math.Sqrt(aa*bb)
	}
	within := []int{3, 7, 39}
	hits, err := Nearest(f, Features{}, within, 6)
	if err != nil {
		t.Fatal(err)
	}
	for q, list := range hits {
		if len(list) != 6 {
			t.Fatalf("query %d has %d neighbours, want 6", q, len(list))
		}
		better := 0
		for i := range f.Rows {
			if i != within[q] && cosine(f.row(within[q]), f.row(i)) > list[5].Cosine+1e-12 {
				better++
			}
		}
		for n, h := range list {
			if want := cosine(f.row(within[q]), f.row(h.Row)); h.Row == within[q] || math.Abs(h.Cosine-want) > 1e-12 || n > 0 && h.Cosine > list[n-1].Cosine {
				t.Errorf("query %d: neighbour %d = %+v, want cosine %g, not itself, in order", q, n, h, want)
			}
		}
		if better > 5 {
			t.Errorf("query %d: %d rows are nearer than its sixth neighbour", q, better)
		}
	}
	if hits, err := Nearest(f, Features{1, 5, f.row(3)}, nil, 1); err != nil || hits[0][0].Row != 3 {
		t.Errorf("Nearest(row 3 from outside) = %v, %v, want row 3", hits, err)
	}
	for _, err := range []error{second(Nearest(f, Features{1, 4, make([]float32, 4)}, nil, 1)), second(Nearest(f, f, []int{40}, 1))} {
		if err == nil {
			t.Error("Nearest with wrong queries = nil, want an error")
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestNeighbours(t *testing.T) {
	g := Neighbours([]Query{{Sample: Sample{Name: "q", Label: "cat"}, Neighbours: []Sample{{Label: "cat"}, {Label: "dog"}, {}}, Cosines: []float64{0.91, 0.9, 0.5}}})
	var got []string
	for _, tile := range g.Rows[0].Tiles {
		got = append(got, fmt.Sprint(tile.Text, tile.Mark))
	}
	if want := "[cat1 0.91 cat2 0.90 dog3 0.50 0]"; fmt.Sprint(got) != want {
		t.Errorf("Neighbours = %v, want %v", got, want)
	}
	if want := "Of 2 neighbours 1 have the label"; !strings.Contains(g.Caption, want) {
		t.Errorf("caption = %q, want %q in it", g.Caption, want)
	}
}
