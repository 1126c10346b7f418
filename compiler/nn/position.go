package nn

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// SinCosPositions are the fixed positions of a grid of tokens: [1, rows·columns, dim], a quarter of dim each for sine and cosine of the row and of the column, at
// wavelengths from 2π to 10000·2π. Chen, Xie and He 2021 (MoCo v3) and MMSelfSup write these quarters in this order; theirs equal them on square grids, on others
// they mix up rows and columns. dim must be a multiple of 4.
func SinCosPositions(rows, columns, dim int) *ir.Tensor {
	quarter := dim / 4
	t := ir.NewTensor(ir.Float32, 1, rows*columns, dim)
	for token := range rows * columns {
		at := t.Data[token*dim:]
		for i := range quarter {
			omega := math.Pow(10000, -float64(i)/float64(quarter))
			row, column := float64(token/columns)*omega, float64(token%columns)*omega
			at[i], at[quarter+i] = math.Sin(row), math.Cos(row)
			at[2*quarter+i], at[3*quarter+i] = math.Sin(column), math.Cos(column)
		}
	}
	return t
}

// ResizePositions samples a table of positions for a grid of another size, bicubically (a = -0.75, centres of cells aligned, edges repeated: what PyTorch's
// interpolate does). Shapes: x [1, from[0]·from[1], dim] to [1, to[0]·to[1], dim].
func ResizePositions(x *ir.Value, from, to [2]int) *ir.Value {
	if from == to || !x.Valid() {
		return x
	}
	rows, columns := cubicWeights(from[0], to[0]), cubicWeights(from[1], to[1])
	m := ir.NewTensor(x.DType, to[0]*to[1], from[0]*from[1])
	for i := range m.Data {
		out, in := i/(from[0]*from[1]), i%(from[0]*from[1])
		m.Data[i] = rows[out/to[1]][in/from[1]] * columns[out%to[1]][in%from[1]]
	}
	y := op.MatMul(op.Const(x.Graph(), m), x)
	if y.Valid() {
		y.Shape[1].Name = "token"
	}
	return y
}

// cubicWeights are the shares of n samples in each of m new ones: Keys 1981, with a = -0.75.
func cubicWeights(n, m int) [][]float64 {
	const a = -0.75
	kernel := func(d float64) float64 {
		d = math.Abs(d)
		if d <= 1 {
			return ((a+2)*d-(a+3))*d*d + 1
		}
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	w := make([][]float64, m)
	for i := range w {
		w[i] = make([]float64, n)
		at := (float64(i)+0.5)*float64(n)/float64(m) - 0.5
		first := int(math.Floor(at)) - 1
		for k := first; k < first+4; k++ {
			w[i][min(max(k, 0), n-1)] += kernel(at - float64(k))
		}
	}
	return w
}
