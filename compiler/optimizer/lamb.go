package optimizer

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Optimizer]{Info: schema.Info{Name: "lamb",
	Doc: "Adam whose step is scaled to the norm of each parameter, for large batches. As in MMClassification and timm, parameters without weight decay are not scaled unless always_adapt is set; " +
		"what bounds the norm of all gradients by 1 there is clip_norm = 1 here, which is not the default.",
	Equation: "m, v as adam; r = (m/(1-β1^t)) / (sqrt(v/(1-β2^t)) + eps) + wd·w; w -= lr·q·r, q = |w|/|r|, 1 where a norm is 0 or lars_exclude is set",
	Paper:    schema.Paper{Authors: "You, Li, Reddi, Hseu, Kumar, Bhojanapalli, Song, Demmel, Keutzer, Hsieh", Title: "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", Year: 2019, ID: "1904.00962"},
	Before:   "optimizer=dict(type='Lamb', lr=0.005, weight_decay=0.02)",
}, New: func() Optimizer { return &lamb{} }})

type lamb struct {
	settings Settings
	moments
	alwaysAdapt, trustClip bool
}

func (o *lamb) Args(s *schema.Set) {
	o.settings.declare(s, 1e-3, 0.01)
	s.FloatPair(&o.betas, "betas", [2]float64{0.9, 0.999}, "shares of the old first and second moment that are kept", schema.Fraction)
	s.Float(&o.eps, "eps", 1e-6, "added to the root of the second moment", schema.Positive)
	s.Bool(&o.alwaysAdapt, "always_adapt", false, "whether parameters without weight decay are scaled too")
	s.Bool(&o.trustClip, "trust_clip", false, "whether no step is scaled up: q is at most 1, as timm has it")
}

func (o *lamb) Check(r *schema.Report) { o.settings.refuseMomentum(r) }

func (o *lamb) Settings() *Settings { return &o.settings }

func (o *lamb) Update(p *Param) *ir.Value {
	r := o.direction(p)
	if p.decays() {
		r = op.Add(r, p.decay(p.W))
	}
	rate := p.LR
	if !p.NoAdapt && (p.decays() || o.alwaysAdapt) {
		rate = op.Mul(rate, o.ratio(p.W, r))
	}
	return op.Sub(p.W, op.Mul(r, rate))
}

// direction is the bias-corrected m/(sqrt(v)+eps) of the gradient; see moments.step.
func (o *lamb) direction(p *Param) *ir.Value {
	g, m := p.Grad, &o.moments
	first, second := p.State("exp_avg"), p.State("exp_avg_sq")
	first.New = op.Add(times(first.In, m.betas[0]), times(g, 1-m.betas[0]))
	second.New = op.Add(times(second.In, m.betas[1]), times(op.Mul(g, g), 1-m.betas[1]))
	c1, c2 := m.correction(p, "bias1", m.betas[0]), m.correction(p, "bias2", m.betas[1])
	root := op.Add(op.Div(op.Sqrt(second.New), op.Sqrt(c2)), op.Scalar(g, m.eps))
	return op.Div(op.Div(first.New, c1), root)
}

// ratio is q, a scalar.
func (o *lamb) ratio(w, r *ir.Value) *ir.Value {
	wn, rn := norm(w), norm(r)
	zero, one := op.Scalar(wn, 0), op.Scalar(wn, 1)
	both := op.And(op.Greater(wn, zero), op.Greater(rn, zero))
	q := op.Where(both, op.Div(wn, op.Where(both, rn, one)), one)
	if o.trustClip {
		q = op.Min(q, one)
	}
	return q
}
