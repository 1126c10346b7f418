package optimizer

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Optimizer]{Info: schema.Info{Name: "sgd",
	Doc:      "Stochastic gradient descent with momentum, as PyTorch defines it.",
	Equation: "g += wd·w; v = μ·v + (1-dampening)·g, at first v = g; w -= lr·v, with nesterov w -= lr·(g + μ·v)",
	Paper:    schema.Paper{Authors: "Sutskever, Martens, Dahl, Hinton", Title: "On the importance of initialization and momentum in deep learning", Year: 2013, ID: "ICML 2013"},
	Before:   "optimizer=dict(type='SGD', lr=0.03, weight_decay=1e-4, momentum=0.9)",
}, New: func() Optimizer { return &sgd{} }})

type sgd struct {
	settings            Settings
	momentum, dampening float64
	nesterov            bool
}

func (o *sgd) Args(s *schema.Set) {
	o.settings.declare(s, 0.03, 0)
	s.Float(&o.momentum, "momentum", 0, "share of the old velocity that is kept", schema.Fraction)
	s.Float(&o.dampening, "dampening", 0, "share of the gradient that does not enter the velocity", schema.Fraction)
	s.Bool(&o.nesterov, "nesterov", false, "whether the step looks ahead along the velocity")
}

func (o *sgd) Check(r *schema.Report) {
	if o.nesterov && (o.momentum == 0 || o.dampening != 0) {
		r.Errorf("nesterov", "Invalid value", "nesterov needs momentum greater than 0 and dampening 0; found momentum = %g and dampening = %g.", o.momentum, o.dampening)
	}
}

func (o *sgd) Settings() *Settings { return &o.settings }

func (o *sgd) Update(p *Param) *ir.Value {
	return p.descend(o.momentum, o.dampening, o.nesterov, func(share, v *ir.Value, d fn.Descent) (w, next *ir.Value) {
		return fn.SGD(p.OK, p.LR, p.decay(), share, p.Grad, p.W, v, d)
	})
}

// descend is a step by an update that is given the share of the gradient that enters the velocity, nil for all, and the velocity, nil without momentum.
func (p *Param) descend(momentum, dampening float64, nesterov bool, update func(share, v *ir.Value, d fn.Descent) (w, next *ir.Value)) *ir.Value {
	p.Gated = true
	d := fn.Descent{Momentum: p.momentum(momentum), Nesterov: nesterov}
	if d.Momentum == 0 {
		w, _ := update(nil, nil, d)
		return w
	}
	st := p.State("momentum")
	st.Gated = true
	var share, w *ir.Value
	if dampening != 0 {
		share = p.undamped(dampening)
	}
	w, st.New = update(share, st.In, d)
	return w
}

// undamped is the share of the gradient that enters the velocity: all in the first step that changes the parameters, when the velocity is 0.
func (p *Param) undamped(dampening float64) *ir.Value {
	st, fresh := p.Shared("started")
	one := op.Scalar(st.In, 1)
	if fresh {
		st.New = one
	}
	return op.Where(op.Equal(st.In, op.Scalar(st.In, 0)), one, op.Scalar(st.In, 1-dampening))
}
