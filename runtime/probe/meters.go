package probe

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Meters tell how embeddings are spread.
type Meters struct {
	// Std is the standard deviation of each dimension of the normalised embeddings, its mean times √d: 1 when the directions are even, 0 when all are one.
	Std float64
	// Rank is the exponential of the entropy of the singular values (RankMe: Garrido, Balestriero, Najman, LeCun 2023, eq. 1): from 1 to the number of dimensions.
	Rank float64
	// Alignment is the mean squared distance of the two normalised views of an image (Wang and Isola 2020, eq. 1 with α = 2): from 0 to 4.
	Alignment float64
	// Uniformity is the logarithm of the mean of exp(-2 d²) over pairs of images (ibid., eq. 2 with t = 2): from 0, one point, to about -4, the even sphere.
	Uniformity float64
	// Distance is the mean squared distance of the normalised embeddings of two images: what Alignment compares with.
	Distance float64
}

// measure reads the meters off the embeddings of two views, [image, dim] each.
func measure(x, y *mat.Dense) (Meters, error) {
	n, d := x.Dims()
	var m Meters
	if n < 2 {
		return m, errors.New("meters of collapse need two images")
	}
	var err error
	if m.Rank, err = EffectiveRank(x); err != nil {
		return m, err
	}
	x, y = normalised(x), normalised(y)
	for i := range n {
		gap := floats.Distance(x.RawRowView(i), y.RawRowView(i), 2)
		m.Alignment += gap * gap / float64(n)
	}
	column := make([]float64, n)
	for j := range d {
		mat.Col(column, j, x)
		mean := floats.Sum(column) / float64(n)
		sum := 0.0
		for _, v := range column {
			sum += (v - mean) * (v - mean)
		}
		m.Std += math.Sqrt(sum/float64(n)) / math.Sqrt(float64(d))
	}
	m.Distance, m.Uniformity = pairs(x)
	return m, nil
}

// pairs is the mean squared distance of two rows, and the logarithm of the mean of exp(-2 d²).
func pairs(x *mat.Dense) (distance, uniformity float64) {
	n, _ := x.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, x)
	potential := 0.0
	for i := range n {
		for j := i + 1; j < n; j++ {
			d2 := max(gram.At(i, i)+gram.At(j, j)-2*gram.At(i, j), 0)
			distance += d2
			potential += math.Exp(-2 * d2)
		}
	}
	count := float64(n) * float64(n-1) / 2
	return distance / count, math.Log(potential / count)
}

func normalised(x *mat.Dense) *mat.Dense {
	out := mat.DenseCopyOf(x)
	n, _ := x.Dims()
	for i := range n {
		row := out.RawRowView(i)
		if length := floats.Norm(row, 2); length > 0 {
			floats.Scale(1/length, row)
		}
	}
	return out
}

// EffectiveRank finds the singular values by the smaller of the two Gram matrices: those that it cannot tell from 0, below 1e-8 of the largest, do not change the
// entropy. Embeddings that are all 0 have rank 0.
func EffectiveRank(x *mat.Dense) (float64, error) {
	n, d := x.Dims()
	var gram mat.SymDense
	if n < d {
		gram.SymOuterK(1, x)
	} else {
		gram.SymOuterK(1, x.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, false) {
		return 0, errors.New("the singular values of the embeddings were not found: the embeddings are not finite")
	}
	values := eigen.Values(nil)
	sum := 0.0
	for i, v := range values {
		values[i] = math.Sqrt(max(v, 0))
		sum += values[i]
	}
	if sum == 0 {
		return 0, nil
	}
	entropy := 0.0
	for _, v := range values {
		if p := v / sum; p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return math.Exp(entropy), nil
}
