package optimizer

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
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
	return p.descend(p.LR, o.momentum, o.dampening, o.nesterov, false)
}

// descend is the step of sgd, and with the rate in the velocity that of lars.
func (p *Param) descend(rate *ir.Value, momentum, dampening float64, nesterov, inVelocity bool) *ir.Value {
	momentum = p.momentum(momentum)
	if momentum != 0 && dampening != 0 {
		d := p.decayed()
		if inVelocity {
			return op.Sub(p.W, velocity(p, op.Mul(d, rate), momentum, dampening, nesterov))
		}
		return op.Sub(p.W, op.Mul(velocity(p, d, momentum, dampening, nesterov), rate))
	}
	p.Gated = true
	var st *nn.State
	var v *ir.Value
	if momentum != 0 {
		st = p.State("momentum")
		v, st.Gated = st.In, true
	}
	g, decay := p.gradient()
	w, v := fn.SGD(p.OK, rate, g, p.W, v, fn.SGDOptions{Momentum: momentum, WeightDecay: decay, Nesterov: nesterov, RateInVelocity: inVelocity})
	if st != nil {
		st.New = v
	}
	return w
}

// velocity advances the momentum buffer by d, damped but at first, and returns the direction of the step.
func velocity(p *Param, d *ir.Value, momentum, dampening float64, nesterov bool) *ir.Value {
	st := p.State("momentum")
	st.New = op.Where(firstStep(p), d, op.Add(times(st.In, momentum), times(d, 1-dampening)))
	if nesterov {
		return op.Add(d, times(st.New, momentum))
	}
	return st.New
}

// firstStep is true in the first step that changes the parameters.
func firstStep(p *Param) *ir.Value {
	st, fresh := p.Shared("started")
	if fresh {
		st.New = op.Const(p.B.G, ir.ScalarTensor(ir.Float32, 1))
	}
	return op.Equal(st.In, op.Scalar(st.In, 0))
}
