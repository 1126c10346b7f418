package optimizer

import (
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
	return op.Sub(p.W, op.Mul(velocity(p, p.decayed(), o.momentum, o.dampening, o.nesterov), p.LR))
}

// velocity advances the momentum buffer by d and returns the direction of the step.
func velocity(p *Param, d *ir.Value, momentum, dampening float64, nesterov bool) *ir.Value {
	mu := p.momentum(momentum)
	if mu == 0 {
		return d
	}
	st := p.State("momentum")
	kept := times(st.In, mu)
	v := op.Add(kept, d)
	if dampening != 0 {
		v = op.Where(firstStep(p), d, op.Add(kept, times(d, 1-dampening)))
	}
	st.New = v
	if nesterov {
		return op.Add(d, times(v, mu))
	}
	return v
}

// firstStep is true in the first step that changes the parameters.
func firstStep(p *Param) *ir.Value {
	st, fresh := p.Shared("started")
	if fresh {
		st.New = op.Const(p.B.G, ir.ScalarTensor(ir.Float32, 1))
	}
	return op.Equal(st.In, op.Scalar(st.In, 0))
}
