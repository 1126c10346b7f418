package transform

import (
	"math"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "random_resized_crop",
		Doc: "Cuts out a box of random area and aspect ratio and resizes it. Up to ten boxes are tried until one fits into the image; " +
			"then the largest centred box whose aspect ratio is in range is taken.",
		Equation: "area = U(scale)·H·W, aspect = exp U(ln ratio[0], ln ratio[1])",
		Paper:    schema.Paper{Authors: "Szegedy et al.", Title: "Going Deeper with Convolutions", Year: 2014, ID: "1409.4842"},
		Before:   "dict(type='RandomResizedCrop', size=224, scale=(0.2, 1.0), interpolation=2)",
	},
	New: func() Transform { return &randomResizedCrop{} },
})

type randomResizedCrop struct {
	size          []int
	scale, ratio  [2]float64
	interpolation string
}

func (t *randomResizedCrop) Args(s *schema.Set) {
	s.IntOrPair(&t.size, "size", nil, "side of the result, or [height, width], in pixels", schema.Required, schema.Positive)
	s.FloatPair(&t.scale, "scale", [2]float64{0.08, 1}, "range of the box's share of the image's area", schema.Fraction, schema.Ascending)
	s.FloatPair(&t.ratio, "ratio", [2]float64{3. / 4, 4. / 3}, "range of the box's width divided by its height", schema.Positive, schema.Ascending)
	s.String(&t.interpolation, "interpolation", "bilinear", "how pixels are weighted", schema.OneOf(interpolations...))
}

func (t *randomResizedCrop) Shape(in plan.ImageType) (plan.ImageType, error) {
	in.Height, in.Width = side2(t.size)
	if err := checkPixels(in.Height, in.Width); err != nil {
		return in, err
	}
	return in, eightBit(in)
}

func (t *randomResizedCrop) Apply(m *Image, r *plan.Rand) error {
	h, w := side2(t.size)
	height, width := m.size()
	m.resizedCrop(t.draw(height, width, r), h, w, t.interpolation)
	return nil
}

func (*randomResizedCrop) taped() {}

func (t *randomResizedCrop) shrink(height, width int, r plan.Rand) int {
	if t.interpolation == "nearest" {
		return 1
	}
	h, w := side2(t.size)
	return shrinkFor(t.draw(height, width, &r), h, w)
}

// draw chooses the box in an image of h x w.
func (t *randomResizedCrop) draw(h, w int, r *plan.Rand) box {
	area := float64(h) * float64(w)
	lo, hi := math.Log(t.ratio[0]), math.Log(t.ratio[1])
	for range 10 {
		target := area * r.Uniform(t.scale[0], t.scale[1])
		aspect := math.Exp(r.Uniform(lo, hi))
		bw := int(math.RoundToEven(math.Sqrt(target * aspect)))
		bh := int(math.RoundToEven(math.Sqrt(target / aspect)))
		if bw > 0 && bw <= w && bh > 0 && bh <= h {
			top := r.IntN(h - bh + 1)
			left := r.IntN(w - bw + 1)
			return box{top, left, bh, bw}
		}
	}
	bh, bw := h, w
	switch aspect := float64(w) / float64(h); {
	case aspect < t.ratio[0]:
		bh = max(int(math.RoundToEven(float64(w)/t.ratio[0])), 1)
	case aspect > t.ratio[1]:
		bw = max(int(math.RoundToEven(float64(h)*t.ratio[1])), 1)
	}
	return box{(h - bh) / 2, (w - bw) / 2, bh, bw}
}
