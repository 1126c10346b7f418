package transform

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name:   "random_applied_trans",
		Doc:    "Applies all transforms inside it, in order, with probability p, else none of them.",
		Paper:  schema.Paper{None: "a way to combine transforms"},
		Before: "dict(type='RandomAppliedTrans', transforms=[dict(type='ColorJitter', ...)], p=0.8)",
	},
	New: func() Transform { return &randomAppliedTrans{} },
})

type randomAppliedTrans struct {
	transforms []schema.Component
	p          float64
}

func (t *randomAppliedTrans) Args(s *schema.Set) {
	s.Float(&t.p, "p", 0.5, "probability", schema.Fraction)
	schema.Children(s, &t.transforms, "", Table, "the transforms, in order", 1)
}

// Shape demands that the transforms keep the type of image: the views of a batch have one type whether they were applied or not.
func (t *randomAppliedTrans) Shape(in plan.ImageType) (plan.ImageType, error) {
	out, err := Shape(t.list(), in)
	if err != nil {
		return in, err
	}
	if out != in {
		return in, errChangesType(in, out)
	}
	return in, nil
}

func (t *randomAppliedTrans) Apply(m *Image, r *plan.Rand) error {
	if !r.Bool(t.p) {
		return nil
	}
	for _, c := range t.transforms {
		if err := c.(Transform).Apply(m, r); err != nil {
			return err
		}
	}
	return nil
}

func (t *randomAppliedTrans) list() []Transform {
	out := make([]Transform, len(t.transforms))
	for i, c := range t.transforms {
		out[i] = c.(Transform)
	}
	return out
}
