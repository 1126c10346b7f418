package transform

import (
	"fmt"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:   "random_crop",
		Doc:    "Cuts out a box of fixed size at a random place, after padding. An image that is still smaller than the box is a bad sample unless pad_if_needed.",
		Paper:  schema.Paper{None: "a standard image operation"},
		Before: "dict(type='RandomCrop', size=32, padding=4)",
	},
	New: func() Transform { return &randomCrop{} },
})

type randomCrop struct {
	size, padding []int
	padIfNeeded   bool
	fill          int
	mode          string
}

func (t *randomCrop) Args(s *schema.Set) {
	s.IntOrPair(&t.size, "size", nil, "side of the crop, or [height, width], in pixels", schema.Required, schema.Positive)
	s.IntOrPair(&t.padding, "padding", []int{0}, "pixels added on each side, or [left and right, top and bottom]", schema.NonNegative)
	s.Bool(&t.padIfNeeded, "pad_if_needed", false, "pad images that are smaller than the crop")
	s.Int(&t.fill, "fill", 0, "grey level of a constant border", schema.Between(0, 255))
	s.String(&t.mode, "padding_mode", "constant", "what the border shows; see pad", schema.OneOf(paddingModes...))
}

func (t *randomCrop) Shape(in plan.ImageType) (plan.ImageType, error) {
	h, w := side2(t.size)
	if p := grown(in, t.padding); !t.padIfNeeded && (p.Height > 0 && p.Height < h || p.Width > 0 && p.Width < w) {
		return in, fmt.Errorf("the crop of %d x %d is larger than the image of %d x %d; set pad_if_needed or resize first", h, w, p.Height, p.Width)
	}
	in.Height, in.Width = h, w
	if err := checkPixels(h, w); err != nil {
		return in, err
	}
	return in, eightBit(in)
}

func (t *randomCrop) Apply(m *Image, r *plan.Rand) error {
	h, w := side2(t.size)
	g := around(t.padding)
	if err := checkPixels(m.Height+g.top+g.bottom+h, m.Width+g.left+g.right+w); err != nil {
		return fmt.Errorf("padding of a %d x %d image: %w", m.Height, m.Width, err)
	}
	m.pad(g, t.mode, uint8(t.fill))
	if d := w - m.Width; t.padIfNeeded && d > 0 {
		m.pad(margins{left: d, right: d}, t.mode, uint8(t.fill))
	}
	if d := h - m.Height; t.padIfNeeded && d > 0 {
		m.pad(margins{top: d, bottom: d}, t.mode, uint8(t.fill))
	}
	if m.Height < h || m.Width < w {
		return fmt.Errorf("the crop of %d x %d is larger than the padded image of %d x %d", h, w, m.Height, m.Width)
	}
	top := r.IntN(m.Height - h + 1)
	left := r.IntN(m.Width - w + 1)
	m.crop(box{top, left, h, w})
	return nil
}

func (*randomCrop) taped() {}
