package transform

import (
	"slices"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:   "random_horizontal_flip",
		Doc:    "Mirrors the image left to right with probability p.",
		Paper:  schema.Paper{None: "a standard image operation"},
		Before: "dict(type='RandomHorizontalFlip', p=0.5)",
	},
	New: func() Transform { return &randomHorizontalFlip{} },
})

type randomHorizontalFlip struct{ p float64 }

func (t *randomHorizontalFlip) Args(s *schema.Set) {
	s.Float(&t.p, "p", 0.5, "probability", schema.Fraction)
}

func (t *randomHorizontalFlip) Shape(in plan.ImageType) (plan.ImageType, error) {
	return in, eightBit(in)
}

func (t *randomHorizontalFlip) Apply(m *Image, r *plan.Rand) error {
	if r.Bool(t.p) {
		m.flip()
	}
	return nil
}

func (*randomHorizontalFlip) taped() {}

func (m *Image) flip() {
	if m.recordedPixels(Step{Code: stepFlip}) {
		return
	}
	pix, c := m.writable(), m.Channels
	for stride := m.Width * c; len(pix) > 0; pix = pix[stride:] {
		row := pix[:stride]
		switch c {
		case 1:
			slices.Reverse(row)
		case 3:
			for i, j := 0, stride-3; i < j; i, j = i+3, j-3 {
				a, b := (*[3]uint8)(row[i:]), (*[3]uint8)(row[j:])
				*a, *b = *b, *a
			}
		default:
			for i, j := 0, stride-c; i < j; i, j = i+c, j-c {
				for k := range c {
					row[i+k], row[j+k] = row[j+k], row[i+k]
				}
			}
		}
	}
}
