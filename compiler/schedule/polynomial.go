package schedule

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Schedule]{Info: schema.Info{Name: "polynomial",
	Doc:      "A power of the remaining share of training.",
	Equation: "min + (base - min)·(1 - t/T)^power",
	Paper:    schema.Paper{Authors: "Chen, Papandreou, Kokkinos, Murphy, Yuille", Title: "DeepLab: Semantic Image Segmentation with Deep Convolutional Nets", Year: 2016, ID: "1606.00915"},
	Before:   "lr_config=dict(policy='poly', power=0.9, min_lr=1e-4)",
}, New: func() Schedule { return &polynomial{} }})

type polynomial struct {
	power float64
	min   least
	by    string
	warm  warmup
}

func (c *polynomial) Args(s *schema.Set) {
	s.Float(&c.power, "power", 1, "exponent", schema.Positive)
	c.min.declare(s)
	byArg(s, &c.by)
	c.warm.declare(s)
}

func (c *polynomial) Check(r *schema.Report) { c.warm.check(r) }

func (c *polynomial) Curve(base float64) plan.Curve {
	return plan.Curve{Kind: "polynomial", Base: base, Power: c.power, Min: c.min.of(base), ByEpoch: c.by == "epoch", Warmup: c.warm.plan()}
}
