package optimizer

import (
	"ssc/compiler/ir"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Optimizer]{Info: schema.Info{Name: "adamw",
	Doc:      "Adam with weight decay apart from the gradient.",
	Equation: "w *= 1 - lr·wd; then as adam without weight decay",
	Paper:    schema.Paper{Authors: "Loshchilov, Hutter", Title: "Decoupled Weight Decay Regularization", Year: 2017, ID: "1711.05101"},
	Before:   "optimizer=dict(type='AdamW', lr=1.5e-4, weight_decay=0.05, betas=(0.9, 0.95))",
}, New: func() Optimizer { return &adamw{} }})

type adamw struct {
	settings Settings
	moments
}

func (o *adamw) Args(s *schema.Set) {
	o.settings.declare(s, 1e-3, 0.01)
	o.moments.declare(s)
}

func (o *adamw) Check(r *schema.Report) { o.settings.refuseMomentum(r) }

func (o *adamw) Settings() *Settings { return &o.settings }

func (o *adamw) Update(p *Param) *ir.Value { return o.step(p, true) }
