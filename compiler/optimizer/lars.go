package optimizer

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Optimizer]{Info: schema.Info{Name: "lars",
	Doc:      "Momentum SGD whose rate is adapted to the norms of each parameter and its gradient, as MMSelfSup has it: the learning rate enters the momentum.",
	Equation: "q = eta·|w| / (|g| + wd·|w| + eps), 1 where a norm is 0 or lars_exclude is set; v = μ·v + lr·q·(g + wd·w); w -= v",
	Paper:    schema.Paper{Authors: "You, Gitman, Ginsburg", Title: "Large Batch Training of Convolutional Networks", Year: 2017, ID: "1708.03888"},
	Before:   "optimizer=dict(type='LARS', lr=4.8, weight_decay=1e-6, momentum=0.9)",
}, New: func() Optimizer { return &lars{} }})

type lars struct {
	settings                      Settings
	momentum, dampening, eta, eps float64
	nesterov                      bool
}

func (o *lars) Args(s *schema.Set) {
	o.settings.declare(s, 0.3, 0)
	s.Float(&o.momentum, "momentum", 0, "share of the old velocity that is kept", schema.Fraction)
	s.Float(&o.dampening, "dampening", 0, "share of the gradient that does not enter the velocity", schema.Fraction)
	s.Float(&o.eta, "eta", 0.001, "trust coefficient", schema.Positive)
	s.Float(&o.eps, "eps", 1e-8, "added to the denominator of the ratio", schema.NonNegative)
	s.Bool(&o.nesterov, "nesterov", false, "whether the step looks ahead along the velocity")
}

func (o *lars) Settings() *Settings { return &o.settings }

func (o *lars) Update(p *Param) *ir.Value {
	var squares *ir.Value
	if !p.NoAdapt {
		squares = fn.SumSquares(p.Grad)
	}
	return p.descend(o.momentum, o.dampening, o.nesterov, func(share, v *ir.Value, d fn.Descent) (w, next *ir.Value) {
		return fn.LARS(p.OK, p.LR, p.decay(), share, squares, p.Grad, p.W, v, fn.LARSOptions{Descent: d, Eta: o.eta, Eps: o.eps})
	})
}
