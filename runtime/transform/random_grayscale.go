package transform

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:     "random_grayscale",
		Doc:      "Removes the colours with probability p; the number of channels stays. Grey images stay as they are.",
		Equation: "grey = .299 R + .587 G + .114 B",
		Paper:    schema.Paper{None: "a standard image operation; the weights are those of ITU-R BT.601"},
		Before:   "dict(type='RandomGrayscale', p=0.2)",
	},
	New: func() Transform { return &randomGrayscale{} },
})

type randomGrayscale struct{ p float64 }

func (t *randomGrayscale) Args(s *schema.Set) {
	s.Float(&t.p, "p", 0.1, "probability", schema.Fraction)
}

func (t *randomGrayscale) Shape(in plan.ImageType) (plan.ImageType, error) {
	return in, greyOrColour(in)
}

func (t *randomGrayscale) Apply(m *Image, r *plan.Rand) error {
	if r.Bool(t.p) {
		m.grey()
	}
	return nil
}

func (*randomGrayscale) taped() {}

func (m *Image) grey() {
	if m.recordedColours(Step{Code: stepGrey}) || m.Channels != 3 {
		return
	}
	if native && len(m.Pix) >= leastNative {
		nativeGrey(m.writable())
		return
	}
	for p := m.writable(); len(p) >= 3; p = p[3:] {
		g := Luma(p[0], p[1], p[2])
		p[0], p[1], p[2] = g, g, g
	}
}
