package optimizer

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Optimizer]{Info: schema.Info{Name: "adam",
	Doc:      "Adam; weight decay is added to the gradient.",
	Equation: "g += wd·w; m = β1·m + (1-β1)·g; v = β2·v + (1-β2)·g²; w -= lr·(m/(1-β1^t)) / (sqrt(v/(1-β2^t)) + eps)",
	Paper:    schema.Paper{Authors: "Kingma, Ba", Title: "Adam: A Method for Stochastic Optimization", Year: 2014, ID: "1412.6980"},
	Before:   "optimizer=dict(type='Adam', lr=1e-3)",
}, New: func() Optimizer { return &adam{} }})

type adam struct {
	settings Settings
	moments
}

// moments are the arguments of Adam's averages.
type moments struct {
	betas [2]float64
	eps   float64
}

func (m *moments) declare(s *schema.Set) {
	s.FloatPair(&m.betas, "betas", [2]float64{0.9, 0.999}, "shares of the old first and second moment that are kept", schema.Fraction)
	s.Float(&m.eps, "eps", 1e-8, "added to the root of the second moment", schema.Positive)
}

func (o *adam) Args(s *schema.Set) {
	o.settings.declare(s, 1e-3, 0)
	o.moments.declare(s)
}

func (o *adam) Check(r *schema.Report) { o.settings.refuseMomentum(r) }

func (o *adam) Settings() *Settings { return &o.settings }

func (o *adam) Update(p *Param) *ir.Value { return o.step(p, false) }

// step is Adam's, or with decoupled weight decay AdamW's.
func (m *moments) step(p *Param, decoupled bool) *ir.Value {
	return m.move(p, func(c1, c2, first, second *ir.Value) (nextW, nextFirst, nextSecond *ir.Value) {
		return fn.Adam(p.OK, p.LR, c1, c2, p.decay(), p.Grad, p.W, first, second, fn.AdamOptions{Betas: m.betas, Eps: m.eps, Decoupled: decoupled})
	})
}

// move is a step by an update of the parameter and its moments. The bias corrections 1-β^t are state too, advanced as averages of 1: c = β·c + (1-β) is exact to float32 rounding at every t,
// which 1-β^t computed in float32 is not.
func (m *moments) move(p *Param, update func(c1, c2, first, second *ir.Value) (nextW, nextFirst, nextSecond *ir.Value)) (w *ir.Value) {
	first, second := p.State("exp_avg"), p.State("exp_avg_sq")
	c1, c2 := m.correction(p, "bias1", m.betas[0]), m.correction(p, "bias2", m.betas[1])
	p.Gated, first.Gated, second.Gated = true, true, true
	w, first.New, second.New = update(c1, c2, first.In, second.In)
	return w
}

func (m *moments) correction(p *Param, name string, beta float64) *ir.Value {
	st, fresh := p.Shared(name)
	if fresh {
		st.New = op.Add(op.Mul(st.In, op.Scalar(st.In, beta)), op.Scalar(st.In, 1-beta))
	}
	return st.New
}
