package transform

import (
	"math"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:   "center_crop",
		Doc:    "Cuts out the middle of the image. A smaller image is first padded with zeros.",
		Paper:  schema.Paper{None: "a standard image operation"},
		Before: "dict(type='CenterCrop', size=224)",
	},
	New: func() Transform { return &centerCrop{} },
})

type centerCrop struct{ size []int }

func (t *centerCrop) Args(s *schema.Set) {
	s.IntOrPair(&t.size, "size", nil, "side of the crop, or [height, width], in pixels", schema.Required, schema.Positive)
}

func (t *centerCrop) Shape(in plan.ImageType) (plan.ImageType, error) {
	in.Height, in.Width = side2(t.size)
	if err := checkPixels(in.Height, in.Width); err != nil {
		return in, err
	}
	return in, eightBit(in)
}

func (t *centerCrop) Apply(m *Image, _ *plan.Rand) error {
	h, w := side2(t.size)
	dh, dw := max(h-m.Height, 0), max(w-m.Width, 0)
	m.pad(margins{left: dw / 2, top: dh / 2, right: (dw + 1) / 2, bottom: (dh + 1) / 2}, "constant", 0)
	m.crop(box{middle(m.Height - h), middle(m.Width - w), h, w})
	return nil
}

func (*centerCrop) taped() {}

// middle halves a distance; halves of a pixel go to the even side.
func middle(d int) int { return int(math.RoundToEven(float64(d) / 2)) }
