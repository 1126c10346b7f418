package transform

import (
	"math"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "random_erasing",
		Doc: "Overwrites a random box with probability p. After normalize, its usual place, value and noise are in normalised units (0 is the mean); before it they are " +
			"grey levels. Up to ten boxes are tried until one is smaller than the image in both directions; then the image stays as it is.",
		Equation: "area = U(scale)·H·W, aspect = exp U(ln ratio[0], ln ratio[1])",
		Paper:    schema.Paper{Authors: "Zhong et al.", Title: "Random Erasing Data Augmentation", Year: 2017, ID: "1708.04896"},
		Before:   "dict(type='RandomErasing', p=0.5)",
	},
	New: func() Transform { return &randomErasing{} },
})

type randomErasing struct {
	p            float64
	scale, ratio [2]float64
	value        float64
	noise        bool
}

func (t *randomErasing) Args(s *schema.Set) {
	s.Float(&t.p, "p", 0.5, "probability", schema.Fraction)
	s.FloatPair(&t.scale, "scale", [2]float64{0.02, 0.33}, "range of the box's share of the image's area", schema.Fraction, schema.Ascending)
	s.FloatPair(&t.ratio, "ratio", [2]float64{0.3, 3.3}, "range of the box's height divided by its width", schema.Positive, schema.Ascending)
	s.Float(&t.value, "value", 0, "what the box is filled with", schema.Between(-255, 255))
	s.Bool(&t.noise, "noise", false, "fill the box with noise instead: normal with deviation 1 after normalize, uniform grey levels before (torchvision: value='random')")
}

// Shape accepts 8-bit and normalised images.
func (t *randomErasing) Shape(in plan.ImageType) (plan.ImageType, error) { return in, nil }

func (t *randomErasing) Apply(m *Image, r *plan.Rand) error {
	if !r.Bool(t.p) {
		return nil
	}
	b, ok := t.draw(m.Height, m.Width, r)
	switch {
	case !ok:
	case m.Planes != nil:
		t.erasePlanes(m, b, r)
	default:
		t.erasePixels(m, b, r)
	}
	return nil
}

// draw chooses the box in an image of h x w; ok is false when no try fitted.
func (t *randomErasing) draw(h, w int, r *plan.Rand) (b box, ok bool) {
	area := float64(h) * float64(w)
	lo, hi := math.Log(t.ratio[0]), math.Log(t.ratio[1])
	for range 10 {
		target := area * r.Uniform(t.scale[0], t.scale[1])
		aspect := math.Exp(r.Uniform(lo, hi))
		bh := int(math.RoundToEven(math.Sqrt(target * aspect)))
		bw := int(math.RoundToEven(math.Sqrt(target / aspect)))
		if bh < h && bw < w {
			top := r.IntN(h - bh + 1)
			left := r.IntN(w - bw + 1)
			return box{top, left, bh, bw}, true
		}
	}
	return box{}, false
}

func (t *randomErasing) erasePlanes(m *Image, b box, r *plan.Rand) {
	for c := range m.Channels {
		for y := range b.height {
			row := m.Planes[(c*m.Height+b.top+y)*m.Width+b.left:][:b.width]
			for x := range row {
				row[x] = float32(t.value)
				if t.noise {
					row[x] = float32(r.Normal())
				}
			}
		}
	}
}

func (t *randomErasing) erasePixels(m *Image, b box, r *plan.Rand) {
	pix, c := m.writable(), m.Channels
	level := clip(int(math.Round(t.value)))
	for y := range b.height {
		row := pix[((b.top+y)*m.Width+b.left)*c:][:b.width*c]
		for x := range row {
			row[x] = level
			if t.noise {
				row[x] = uint8(r.Uint32() >> 24)
			}
		}
	}
}
