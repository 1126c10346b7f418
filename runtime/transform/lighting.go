package transform

import (
	"fmt"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "lighting",
		Doc: "Shifts all pixels of a colour image along the principal components of ImageNet's colours, by random amounts. It stands after normalize, whose std it is given, so that " +
			"nothing is rounded or cut: the result is that of MMSelfSup, which shifts before it normalises.",
		Equation: "x += P (a ∘ λ) / std, a ~ N(0, alphastd²), P and λ the eigenvectors and eigenvalues of ImageNet's colours in [0,1]",
		Paper:    schema.Paper{Authors: "Krizhevsky, Sutskever, Hinton", Title: "ImageNet Classification with Deep Convolutional Neural Networks", Year: 2012, ID: "10.1145/3065386"},
		Before:   "dict(type='ToTensor'), dict(type='Lighting', alphastd=0.1), dict(type='Normalize', …)",
	},
	New: func() Transform { return &lighting{} },
})

type lighting struct {
	alphastd float64
	std      []float64
}

// Eigenvalues and eigenvectors (columns; rows are red, green, blue) of the covariance of ImageNet's colours, as MMSelfSup and its forerunners have them.
var (
	colourValues  = [3]float64{0.2175, 0.0188, 0.0045}
	colourVectors = [3][3]float64{{-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}}
)

func (t *lighting) Args(s *schema.Set) {
	s.Float(&t.alphastd, "alphastd", 0.1, "deviation of the amounts, in units of the components' own", schema.NonNegative)
	s.Floats(&t.std, "std", []float64{0.229, 0.224, 0.225}, "the std of the normalize before it, one for all channels or three", schema.NotEmpty, schema.Between(1e-6, 4))
}

func (t *lighting) Check(r *schema.Report) {
	if n := len(t.std); n != 1 && n != 3 {
		r.Errorf("std", "Invalid value", "std has %d numbers. Give one for each of the three channels, or one for all.", n)
	}
}

func (t *lighting) Shape(in plan.ImageType) (plan.ImageType, error) {
	if !in.Normalized {
		return in, fmt.Errorf("works on normalised images, and these have 8 bits; move it behind normalize")
	}
	if in.Channels != 3 {
		return in, fmt.Errorf("works on images of 3 channels, and these have %d", in.Channels)
	}
	return in, nil
}

func (t *lighting) Apply(m *Image, r *plan.Rand) error {
	var amounts [3]float64
	for i := range amounts {
		amounts[i] = t.alphastd * r.Normal()
	}
	shift := t.shift(amounts)
	if m.recordedShift(shift) {
		return nil
	}
	n := m.Height * m.Width
	planes := m.ToPlanes()
	for c, d := range shift {
		plane := planes[c*n : (c+1)*n]
		for i := range plane {
			plane[i] += d
		}
	}
	return nil
}

func (*lighting) taped() {}

// shift is what is added to each channel.
func (t *lighting) shift(amounts [3]float64) (out [3]float32) {
	for c := range out {
		sum := 0.0
		for k, a := range amounts {
			sum += colourVectors[c][k] * a * colourValues[k]
		}
		out[c] = float32(sum / t.std[c%len(t.std)])
	}
	return out
}
