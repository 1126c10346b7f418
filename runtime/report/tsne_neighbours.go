package report

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// edge is a row's neighbour, with its squared distance and later its similarity.
type edge struct {
	row   int32
	d2, p float64
}

// similarities are the symmetric p_ij of t-SNE over the 3·perplexity nearest neighbours of each row of x, as a sparse matrix of rows that sums to 1.
func similarities(x *mat.Dense, perplexity float64) (start, column []int32, p []float64) {
	n, _ := x.Dims()
	k := min(n-1, int(3*perplexity))
	near := make([][]edge, n)
	parallel(n, func(from, to int) {
		all := make([]edge, 0, n)
		for i := from; i < to; i++ {
			near[i] = nearest(x, i, k, all)
			spread(near[i], perplexity)
		}
	})
	// p_ij = (p_j|i + p_i|j) / 2n: every edge gives its half to both of its ends.
	sums := make([]map[int32]float64, n)
	for i := range sums {
		sums[i] = make(map[int32]float64, 2*k)
	}
	for i, edges := range near {
		for _, e := range edges {
			sums[i][e.row] += e.p / float64(2*n)
			sums[e.row][int32(i)] += e.p / float64(2*n)
		}
	}
	start = make([]int32, 1, n+1)
	for _, s := range sums {
		first := len(column)
		for j := range s {
			column = append(column, j)
		}
		slices.Sort(column[first:])
		for _, j := range column[first:] {
			p = append(p, s[j])
		}
		start = append(start, int32(len(column)))
	}
	return start, column, p
}

// nearest are the k rows nearest to row i, nearest first; the earlier of two at the same distance. all is scratch.
func nearest(x *mat.Dense, i, k int, all []edge) []edge {
	n, dim := x.Dims()
	a := x.RawRowView(i)
	for j := range n {
		if j == i {
			continue
		}
		b, d2 := x.RawRowView(j)[:dim], 0.0
		for c, v := range a {
			d := v - b[c]
			d2 += d * d
		}
		all = append(all, edge{row: int32(j), d2: d2})
	}
	slices.SortFunc(all, func(a, b edge) int { return cmp.Or(cmp.Compare(a.d2, b.d2), cmp.Compare(a.row, b.row)) })
	return slices.Clone(all[:k])
}

// spread sets the conditional similarities p_j|i of one row's neighbours: a Gaussian whose width is searched so that the entropy is log(perplexity).
func spread(edges []edge, perplexity float64) {
	target, beta, lo, hi := math.Log(perplexity), 1.0, 0.0, math.Inf(1)
	nearest := edges[0].d2
	if mid := edges[len(edges)/2].d2 - nearest; mid > 0 {
		beta = 1 / mid
	}
	for range 100 {
		sum, weighted := 0.0, 0.0
		for i := range edges {
			d := edges[i].d2 - nearest
			edges[i].p = math.Exp(-beta * d)
			sum += edges[i].p
			weighted += edges[i].p * d
		}
		entropy := math.Log(sum) + beta*weighted/sum
		for i := range edges {
			edges[i].p /= sum
		}
		switch {
		case math.Abs(entropy-target) < 1e-7:
			return
		case entropy < target:
			hi = beta
			beta = (lo + hi) / 2
		case math.IsInf(hi, 1):
			lo = beta
			beta *= 2
		default:
			lo = beta
			beta = (lo + hi) / 2
		}
		if math.IsInf(beta, 0) { // neighbours at one distance: they share alike, whatever the width
			return
		}
	}
}
