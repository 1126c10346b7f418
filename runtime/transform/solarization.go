package transform

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:     "solarization",
		Doc:      "Inverts the values at or above a threshold with probability p. (OpenSelfSup's class of this name had no p and always inverted.)",
		Equation: "v ≥ threshold → 255 - v",
		Paper:    schema.Paper{Authors: "Grill et al.", Title: "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", Year: 2020, ID: "2006.07733"},
		Before:   "dict(type='Solarization', threshold=128, p=0.5)",
	},
	New: func() Transform { return &solarization{} },
})

type solarization struct {
	threshold int
	p         float64
}

func (t *solarization) Args(s *schema.Set) {
	s.Int(&t.threshold, "threshold", 128, "least grey level that is inverted", schema.Between(0, 256))
	s.Float(&t.p, "p", 0.5, "probability", schema.Fraction)
}

func (t *solarization) Shape(in plan.ImageType) (plan.ImageType, error) { return in, eightBit(in) }

func (t *solarization) Apply(m *Image, r *plan.Rand) error {
	if r.Bool(t.p) {
		m.solarize(t.threshold)
	}
	return nil
}

func (*solarization) taped() {}

func (m *Image) solarize(threshold int) {
	if m.recordedPixels(Step{Code: stepSolarize, N: [8]int32{int32(threshold)}}) {
		return
	}
	var table [256]uint8
	for v := range table {
		table[v] = uint8(v)
		if v >= threshold {
			table[v] = uint8(255 - v)
		}
	}
	m.lookup(&table)
}
