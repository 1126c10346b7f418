package report

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
)

// Hit is a neighbour of a query.
type Hit struct {
	Row    int
	Cosine float64
}

// Nearest are the k rows of the bank with the largest cosine to each row of the queries, best first. With within set the queries are rows of the bank, named by it, and no
// query is its own neighbour; queries' own data is then not read. A zero vector has cosine 0 to everything.
func Nearest(bank, queries Features, within []int, k int) ([][]Hit, error) {
	if within != nil {
		queries = Features{len(within), bank.Dim, nil}
		for _, row := range within {
			if row < 0 || row >= bank.Rows {
				return nil, fmt.Errorf("neighbours: row %d of %d", row, bank.Rows)
			}
			queries.Data = append(queries.Data, bank.row(row)...)
		}
	}
	for _, f := range []Features{bank, queries} {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("neighbours: %w", err)
		}
	}
	if bank.Dim != queries.Dim {
		return nil, fmt.Errorf("neighbours: features of %d values and queries of %d", bank.Dim, queries.Dim)
	}
	length := make([]float64, bank.Rows)
	for i := range length {
		length[i] = math.Sqrt(dot(bank.row(i), bank.row(i)))
	}
	out := make([][]Hit, queries.Rows)
	parallel(queries.Rows, func(from, to int) {
		for q := from; q < to; q++ {
			x := queries.row(q)
			own := math.Sqrt(dot(x, x))
			var hits []Hit
			for i := range bank.Rows {
				if within != nil && within[q] == i {
					continue
				}
				c := 0.0
				if d := own * length[i]; d > 0 {
					c = dot(x, bank.row(i)) / d
				}
				hits = append(hits, Hit{i, c})
			}
			slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Cosine, a.Cosine) })
			out[q] = slices.Clone(hits[:min(k, len(hits))])
		}
	})
	return out, nil
}

func dot(a, b []float32) (s float64) {
	for i, v := range a {
		s += float64(v) * float64(b[i])
	}
	return s
}

// Sample is a picture with what is known of it.
type Sample struct {
	Image image.Image
	Name  string
	Label string // of its class; empty: none
}

// Query is a sample with its nearest neighbours, best first.
type Query struct {
	Sample
	Neighbours []Sample
	Cosines    []float64 // of the neighbours
}

// Neighbours shows queries with their neighbours. Where labels are known, those that differ from the query's are marked.
func Neighbours(queries []Query) Gallery {
	g := Gallery{Title: "Nearest neighbours", Caption: "The first picture of a row is the query; the others have the largest cosine to it among the features."}
	same, labelled := 0, 0
	for _, q := range queries {
		row := Row{Name: q.Name, Tiles: []Tile{{Image: shrink(q.Image), Text: cmp.Or(q.Label, "query"), Alt: "query " + q.Name, Mark: First}}}
		for i, n := range q.Neighbours {
			t := Tile{Image: shrink(n.Image), Text: n.Label}
			if i < len(q.Cosines) {
				t.Text = fmt.Sprintf("%.2f %s", q.Cosines[i], n.Label)
			}
			t.Alt = fmt.Sprintf("neighbour %d: %s %s", i+1, n.Name, t.Text)
			if q.Label != "" && n.Label != "" {
				labelled++
				t.Mark = Other
				if n.Label == q.Label {
					t.Mark = Same
					same++
				}
			}
			row.Tiles = append(row.Tiles, t)
		}
		g.Rows = append(g.Rows, row)
	}
	if labelled > 0 {
		g.Caption += fmt.Sprintf(" Below: the cosine and the label. Of %d neighbours %d have the label of their query; the others bear a cross. No label was used to find them.", labelled, same)
	}
	return g
}
