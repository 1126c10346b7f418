package schedule

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Schedule]{Info: schema.Info{Name: "constant",
	Doc:    "The same value throughout.",
	Paper:  schema.Paper{None: "a constant"},
	Before: "lr_config=dict(policy='fixed')",
}, New: func() Schedule { return &constant{} }})

type constant struct{ warm warmup }

func (c *constant) Args(s *schema.Set) { c.warm.declare(s) }

func (c *constant) Check(r *schema.Report) { c.warm.check(r) }

func (c *constant) Curve(base float64) plan.Curve {
	return plan.Curve{Kind: "constant", Base: base, Warmup: c.warm.plan()}
}
