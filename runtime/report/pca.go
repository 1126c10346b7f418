package report

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Features are vectors, row-major: [Rows, Dim].
type Features struct {
	Rows, Dim int
	Data      []float32
}

func (f Features) check() error {
	if f.Rows < 0 || f.Dim <= 0 || len(f.Data) != f.Rows*f.Dim {
		return fmt.Errorf("%d features of %d values, but %d numbers", f.Rows, f.Dim, len(f.Data))
	}
	for i, v := range f.Data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("feature %d is not finite", i/f.Dim)
		}
	}
	return nil
}

func (f Features) row(i int) []float32 { return f.Data[i*f.Dim : (i+1)*f.Dim] }

// pcaRounds bounds the search for two directions, which ends when they stand still.
const pcaRounds = 200

// PCA projects the features on the two directions in which they vary most and returns the share of the variance that each of them holds. Each direction points where
// its largest component is positive, so that the same features give the same map.
func PCA(f Features) (points [][2]float64, share [2]float64, err error) {
	if err := f.check(); err != nil {
		return nil, share, fmt.Errorf("principal components: %w", err)
	}
	points = make([][2]float64, f.Rows)
	if f.Rows == 0 {
		return points, share, nil
	}
	p, squares, total := principal(f, 2, pcaRounds)
	_, k := p.Dims()
	for i := range points {
		for j := range k {
			points[i][j] = p.At(i, j)
		}
	}
	for j, v := range squares {
		if total > 0 {
			share[j] = v / total
		}
	}
	return points, share, nil
}

// principal projects centred features on their first k principal directions, k at most the number of rows and columns: [Rows, k], the sum of squares along each, and the
// sum of squares in all. At most rounds of a search are made. Only these directions are computed, by block power iteration, because a decomposition of the whole takes minutes where features are wide.
func principal(f Features, k, rounds int) (projected *mat.Dense, squares []float64, total float64) {
	x := centred(f)
	k = min(k, f.Rows, f.Dim)
	wide := min(k+8, f.Rows, f.Dim) // the extra directions make the wanted ones converge faster
	q := mat.NewDense(f.Dim, wide, nil)
	for i := range f.Dim {
		for j := range wide { // a fixed start without structure
			s := math.Sin(float64(i*wide+j+1) * 12.9898)
			q.Set(i, j, s*43758.5453-math.Floor(s*43758.5453)-0.5)
		}
	}
	total = math.Pow(mat.Norm(x, 2), 2)
	var y mat.Dense
	var svd mat.SVD
	before := 0.0
	for range rounds {
		var z mat.Dense
		y.Mul(x, q)
		z.Mul(x.T(), &y)
		if !svd.Factorize(&z, mat.SVDThin) {
			break
		}
		svd.UTo(q)
		now := 0.0
		for _, s := range svd.Values(nil)[:k] { // of XᵀXQ: sums of squares along its directions
			now += s
		}
		if math.Abs(now-before) <= 1e-12*total {
			break
		}
		before = now
	}
	y.Mul(x, q)
	projected = mat.DenseCopyOf(y.Slice(0, f.Rows, 0, k))
	for j := range k {
		point(projected, q, j)
		v := mat.Norm(projected.ColView(j), 2)
		squares = append(squares, v*v)
	}
	return projected, squares, total
}

func centred(f Features) *mat.Dense {
	x := mat.NewDense(f.Rows, f.Dim, nil)
	mean := make([]float64, f.Dim)
	for i := range f.Rows {
		for j, v := range f.row(i) {
			mean[j] += float64(v) / float64(f.Rows)
		}
	}
	for i := range f.Rows {
		row := x.RawRowView(i)
		for j, v := range f.row(i) {
			row[j] = float64(v) - mean[j]
		}
	}
	return x
}

// point turns column j of the projection round where the largest component of its direction is negative.
func point(projected, directions *mat.Dense, j int) {
	largest := 0.0
	rows, _ := directions.Dims()
	for i := range rows {
		if v := directions.At(i, j); math.Abs(v) > math.Abs(largest)*(1+1e-9) {
			largest = v
		}
	}
	if largest < 0 {
		rows, _ = projected.Dims()
		for i := range rows {
			projected.Set(i, j, -projected.At(i, j))
		}
	}
}
