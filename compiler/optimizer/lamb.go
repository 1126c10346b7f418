package optimizer

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
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
	decay := p.decay()
	f := fn.LAMBOptions{Betas: o.betas, Eps: o.eps, Adapt: !p.NoAdapt && (decay != nil || o.alwaysAdapt), AtMostOne: o.trustClip}
	return o.move(p, func(c1, c2, m, v *ir.Value) (nextW, nextM, nextV *ir.Value) {
		return fn.LAMB(p.OK, p.LR, c1, c2, decay, p.Grad, p.W, m, v, f)
	})
}
