package probe

import (
	"ssc/runtime/datasource"
)

// Look is what a kNN measurement has to show: some queries with their nearest images of the bank, and the features of a larger part of the queries. It holds no memory of the
// measurement.
type Look struct {
	Features      string             // whose: "encoder", …
	Queries, Bank datasource.Samples // what rows are counted in
	Near          []Near             // a few queries, evenly spread

	Rows   []int // of the queries, evenly spread, …
	Dim    int
	Data   []float32 // … their features [Rows, Dim]
	Labels []int64   // … and labels
}

// Near is a query with its neighbours, nearest first. Where queries and bank are the same images none is its own neighbour.
type Near struct {
	Query  int
	Label  int64
	Rows   []int
	Labels []int64
	Cosine []float32
}

// Bounds of a look: 8 queries with up to 8 neighbours fill a screen; 1,000 points are as many as a map of classes needs, and 2,097,152 numbers, 8 MiB, as much as is copied for it.
const (
	lookQueries, lookNeighbours = 8, 8
	lookRows, lookNumbers       = 1000, 1 << 21
)

func (p *knn) look(s *Subject, bank, queries *Features, found *neighbourhood) Look {
	l := Look{Features: s.Name, Queries: Every(s.Data[p.data.queries].Samples, p.data.maxQueries), Bank: Every(s.Data[p.data.bank].Samples, p.data.maxBank), Dim: queries.Dim}
	same := p.data.bank == p.data.queries && bank.Rows == queries.Rows
	for _, q := range evenly(queries.Rows, lookQueries) {
		n := Near{Query: q, Label: queries.Labels[q]}
		for i := q * found.k; i < (q+1)*found.k && len(n.Rows) < lookNeighbours; i++ {
			row := int(found.row[i])
			if same && row == q {
				continue
			}
			n.Rows, n.Labels, n.Cosine = append(n.Rows, row), append(n.Labels, bank.Labels[row]), append(n.Cosine, found.cos[i])
		}
		l.Near = append(l.Near, n)
	}
	l.Rows = evenly(queries.Rows, min(lookRows, lookNumbers/queries.Dim))
	for _, q := range l.Rows {
		l.Data, l.Labels = append(l.Data, queries.Row(q)...), append(l.Labels, queries.Labels[q])
	}
	return l
}

// evenly are n of the numbers below rows, or all of them.
func evenly(rows, n int) []int {
	n = min(n, rows)
	out := make([]int, n)
	for i := range out {
		out[i] = i * rows / n
	}
	return out
}

// ClassNames are what samples call their classes; nil when they do not.
func ClassNames(s datasource.Samples) []string {
	switch s := s.(type) {
	case spread:
		return ClassNames(s.Samples)
	case datasource.Classed:
		return s.Classes()
	}
	return nil
}
