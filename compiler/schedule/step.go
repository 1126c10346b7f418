package schedule

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Schedule]{Info: schema.Info{Name: "step",
	Doc:      "Multiplied by gamma at each milestone.",
	Equation: "base·gamma^k, k the number of milestones passed",
	Paper:    schema.Paper{Authors: "He, Zhang, Ren, Sun", Title: "Deep Residual Learning for Image Recognition", Year: 2015, ID: "1512.03385"},
	Before:   "lr_config=dict(policy='step', step=[120, 160])",
}, New: func() Schedule { return &step{} }})

type step struct {
	milestones []int
	gamma      float64
	by         string
	warm       warmup
}

func (c *step) Args(s *schema.Set) {
	s.Ints(&c.milestones, "milestones", nil, "epochs or steps at which the value falls", schema.Required, schema.NotEmpty, schema.Positive, schema.Ascending)
	s.Float(&c.gamma, "gamma", 0.1, "factor at each milestone", schema.Positive)
	byArg(s, &c.by)
	c.warm.declare(s)
}

func (c *step) Check(r *schema.Report) { c.warm.check(r) }

func (c *step) Curve(base float64) plan.Curve {
	return plan.Curve{Kind: "step", Base: base, Gamma: c.gamma, Milestones: c.milestones, ByEpoch: c.by == "epoch", Warmup: c.warm.plan()}
}
