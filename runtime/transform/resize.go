package transform

import (
	"fmt"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:   "resize",
		Doc:    "Resizes the image, with antialiasing. One number is the length of the shorter side and keeps the aspect ratio; [height, width] does not.",
		Paper:  schema.Paper{None: "a standard image operation; it follows Pillow's 8-bit resampling"},
		Before: "dict(type='Resize', size=256, interpolation=2)",
	},
	New: func() Transform { return &resize{} },
})

type resize struct {
	size          []int
	maxSize       *int
	interpolation string
}

func (t *resize) Args(s *schema.Set) {
	s.IntOrPair(&t.size, "size", nil, "length of the shorter side, or [height, width], in pixels", schema.Required, schema.Positive)
	s.OptInt(&t.maxSize, "max_size", "upper bound of the longer side in pixels when size is one number; the shorter side gives way", schema.Positive)
	s.String(&t.interpolation, "interpolation", "bilinear", "how pixels are weighted", schema.OneOf(interpolations...))
}

func (t *resize) Check(r *schema.Report) {
	if t.maxSize == nil {
		return
	}
	if len(t.size) == 2 {
		r.Errorf("max_size", "Conflicting arguments", "max_size bounds the longer side of a resize that keeps the aspect ratio, but size gives both sides. Remove max_size, or give size as one number.")
	} else if *t.maxSize <= t.size[0] {
		r.Errorf("max_size", "Conflicting arguments", "max_size is %d and must be above size, which is %d.", *t.maxSize, t.size[0])
	}
}

func (t *resize) Shape(in plan.ImageType) (plan.ImageType, error) {
	if err := eightBit(in); err != nil {
		return in, err
	}
	if len(t.size) == 1 && in.Height*in.Width == 0 {
		in.Height, in.Width = 0, 0
		return in, nil
	}
	in.Height, in.Width = t.target(in.Height, in.Width)
	return in, checkPixels(in.Height, in.Width)
}

func (t *resize) Apply(m *Image, _ *plan.Rand) error {
	height, width := m.size()
	h, w := t.target(height, width)
	if h == 0 || w == 0 {
		return fmt.Errorf("resize of a %d x %d image to max_size %d leaves no pixels", height, width, *t.maxSize)
	}
	if err := checkPixels(h, w); err != nil {
		return fmt.Errorf("resize of a %d x %d image: %w", height, width, err)
	}
	m.resizedCrop(box{0, 0, height, width}, h, w, t.interpolation)
	return nil
}

func (*resize) taped() {}

func (t *resize) shrink(height, width int, _ plan.Rand) int {
	if t.interpolation == "nearest" {
		return 1
	}
	h, w := t.target(height, width)
	return shrinkFor(box{0, 0, height, width}, h, w)
}

// target is the size that an image of h x w gets; lengths are cut to whole pixels, not rounded.
func (t *resize) target(h, w int) (int, int) {
	if len(t.size) == 2 {
		return t.size[0], t.size[1]
	}
	short := t.size[0]
	long := int(float64(short) * float64(max(h, w)) / float64(min(h, w)))
	if t.maxSize != nil && long > *t.maxSize {
		short, long = int(float64(*t.maxSize)*float64(short)/float64(long)), *t.maxSize
	}
	if w <= h {
		return long, short
	}
	return short, long
}
