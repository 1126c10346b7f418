package cluster

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Whiten projects vectors, less their mean, on the dim directions of the largest variance and divides each coordinate by its standard deviation: principal components with variance 1. A direction whose variance is below
// 1e-10 of the largest is noise of rounding and becomes 0, where a division would blow it up.
//
// Jégou, Chum, "Negative evidences and co-occurences in image retrieval: the benefit of PCA and whitening", 2012.
func Whiten(x Points, dim int) (Points, error) {
	if dim < 1 || dim > x.Dim || dim > x.N {
		return Points{}, fmt.Errorf("%d vectors of %d numbers cannot be reduced to %d dimensions", x.N, x.Dim, dim)
	}
	if !x.Finite() {
		return Points{}, fmt.Errorf("some vectors are not finite")
	}
	centre := make([]float64, x.Dim)
	for i := range x.N {
		for j, v := range x.Row(i) {
			centre[j] += float64(v)
		}
	}
	for j := range centre {
		centre[j] /= float64(x.N)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance(x, centre), true) {
		return Points{}, fmt.Errorf("the covariance of the vectors has no eigenvectors")
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	project := mat.NewDense(x.Dim, dim, nil)
	for c := range dim {
		at := x.Dim - 1 - c
		if values[at] <= 1e-10*values[x.Dim-1] {
			continue
		}
		scale := sign(&vectors, at) / math.Sqrt(values[at])
		for j := range x.Dim {
			project.Set(j, c, vectors.At(j, at)*scale)
		}
	}
	out := NewPoints(x.N, dim)
	parallel(x.N, chunk, func(first, end int) {
		var y mat.Dense
		y.Mul(centred(x.Rows(first, end), centre), project)
		for i := range end - first {
			for c, row := 0, out.Row(first+i); c < dim; c++ {
				row[c] = float32(y.At(i, c))
			}
		}
	})
	return out, nil
}

// sign makes the largest coordinate of an eigenvector positive: of the two that there are one is chosen.
func sign(vectors *mat.Dense, at int) float64 {
	rows, _ := vectors.Dims()
	most := 0.0
	for j := range rows {
		if v := vectors.At(j, at); math.Abs(v) > math.Abs(most) {
			most = v
		}
	}
	if most < 0 {
		return -1
	}
	return 1
}

// covariance is summed part by part in the order of the vectors.
func covariance(x Points, centre []float64) *mat.SymDense {
	const part = 4096
	sum := mat.NewSymDense(x.Dim, nil)
	for first := 0; first < x.N; first += part {
		sum.SymRankK(sum, 1, centred(x.Rows(first, min(first+part, x.N)), centre).T())
	}
	sum.ScaleSym(1/float64(x.N), sum)
	return sum
}

// centred are vectors less their mean, in float64.
func centred(x Points, centre []float64) *mat.Dense {
	out := mat.NewDense(x.N, x.Dim, nil)
	for i := range x.N {
		row := out.RawRowView(i)
		for j, v := range x.Row(i) {
			row[j] = float64(v) - centre[j]
		}
	}
	return out
}
