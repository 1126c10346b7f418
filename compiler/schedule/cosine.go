package schedule

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Schedule]{Info: schema.Info{Name: "cosine",
	Doc:      "Half a cosine from the peak down to a least value.",
	Equation: "min + (base - min)·(1 + cos(π·t/T))/2",
	Paper:    schema.Paper{Authors: "Loshchilov, Hutter", Title: "SGDR: Stochastic Gradient Descent with Warm Restarts", Year: 2016, ID: "1608.03983"},
	Before:   "lr_config=dict(policy='CosineAnnealing', min_lr=0.)",
}, New: func() Schedule { return &cosine{} }})

type cosine struct {
	min  least
	by   string
	warm warmup
}

// least is the value that a curve falls to.
type least struct{ value, ratio float64 }

func (l *least) declare(s *schema.Set) {
	s.Float(&l.value, "min_lr", 0, "least value", schema.NonNegative)
	s.Float(&l.ratio, "min_lr_ratio", 0, "least value as a share of the peak; counts when min_lr is 0", schema.Fraction)
}

func (l *least) of(base float64) float64 {
	if l.value == 0 {
		return l.ratio * base
	}
	return l.value
}

func (c *cosine) Args(s *schema.Set) {
	c.min.declare(s)
	byArg(s, &c.by)
	c.warm.declare(s)
}

func (c *cosine) Check(r *schema.Report) { c.warm.check(r) }

func (c *cosine) Curve(base float64) plan.Curve {
	return plan.Curve{Kind: "cosine", Base: base, Min: c.min.of(base), ByEpoch: c.by == "epoch", Warmup: c.warm.plan()}
}
