package probe

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestLook compares what a kNN measurement shows with neighbours that are sorted here, in float64, and demands that a look changes no result.
func TestLook(t *testing.T) {
	for _, bank := range []string{"train", "test"} {
		t.Run(bank, func(t *testing.T) {
			s := compiled(t, fmt.Sprintf(pipeline, "simclr", contrastive, 2, fmt.Sprintf("evaluate \"knn\" {\n bank = %q\n queries = \"test\"\n k = 5\n}", bank)), asIs)
			plain := carryOut(t, s, s.Plan.Evaluate[0])
			var l Look
			s.Look = func(_ context.Context, x Look) { l = x }
			if diff := gocmp.Diff(plain, carryOut(t, s, s.Plan.Evaluate[0])); diff != "" {
				t.Errorf("a look changes the measurement:\n%s", diff)
			}
			b, err := s.Features(t.Context(), bank, 0)
			if err != nil {
				t.Fatal(err)
			}
			q, err := s.Features(t.Context(), "test", 0)
			if err != nil {
				t.Fatal(err)
			}
			want := 5
			if bank == "test" {
				want-- // the image itself is left out
			}
			if l.Features != Encoder || len(l.Near) != lookQueries || len(l.Rows) != q.Rows || l.Dim != q.Dim || !slices.Equal(l.Data, q.Data.Float32()) || !slices.Equal(l.Labels, q.Labels) {
				t.Fatalf("look of %s: %d queries, %d rows of %d, want %d, %d, %d and the features themselves", l.Features, len(l.Near), len(l.Rows), l.Dim, lookQueries, q.Rows, q.Dim)
			}
			for _, n := range l.Near {
				order := sorted(b, q.Row(n.Query))
				if bank == "test" {
					order = slices.DeleteFunc(order, func(h hit) bool { return h.row == n.Query })
				}
				if len(n.Rows) != want {
					t.Errorf("query %d has %d neighbours, want %d", n.Query, len(n.Rows), want)
				}
				for i, row := range n.Rows {
					if math.Abs(order[i].cos-float64(n.Cosine[i])) > 1e-5 || n.Labels[i] != b.Labels[row] || bank == "test" && row == n.Query {
						t.Errorf("query %d, neighbour %d: row %d with cosine %g, want row %d with %g", n.Query, i, row, n.Cosine[i], order[i].row, order[i].cos)
					}
				}
				if n.Label != q.Labels[n.Query] {
					t.Errorf("query %d has label %d, want %d", n.Query, n.Label, q.Labels[n.Query])
				}
			}
		})
	}
}

type hit struct {
	row int
	cos float64
}

// sorted are the rows of a bank by their cosine to x.
func sorted(bank *Features, x []float32) []hit {
	var out []hit
	for i := range bank.Rows {
		var xy, xx, yy float64
		for j, y := range bank.Row(i) {
			xy, xx, yy = xy+float64(x[j])*float64(y), xx+float64(x[j])*float64(x[j]), yy+float64(y)*float64(y)
		}
		out = append(out, hit{i, xy / math.Sqrt(xx*yy)})
	}
	slices.SortStableFunc(out, func(a, b hit) int { return cmp.Compare(b.cos, a.cos) })
	return out
}

func TestEvenly(t *testing.T) {
	for _, c := range []struct {
		rows, n int
		want    []int
	}{{10, 4, []int{0, 2, 5, 7}}, {3, 8, []int{0, 1, 2}}, {0, 8, []int{}}, {5, 0, []int{}}} {
		if got := evenly(c.rows, c.n); !slices.Equal(got, c.want) {
			t.Errorf("evenly(%d, %d) = %v, want %v", c.rows, c.n, got, c.want)
		}
	}
}
