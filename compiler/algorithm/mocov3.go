package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "mocov3",
	Doc: "A prediction from one view must find the key that the teacher makes of the other view among those of the whole batch, both ways. With temperature τ and a batch of N the loss starts near " +
		"4τ·ln N and falls; a loss that stays there is a collapse. Dips of the kNN accuracy with vision transformers come from the patch projection: freeze it.",
	Equation: "loss = head(z_1, k_2) + head(z_2, k_1), z = neck(backbone(x)), k the teacher's z",
	Paper:    schema.Paper{Authors: "Chen, Xie, He", Title: "An Empirical Study of Training Self-Supervised Vision Transformers", Year: 2021, ID: "2104.02057"},
	Before:   "model=dict(type='MoCoV3', base_momentum=0.99, …), custom_hooks=[dict(type='MomentumUpdateHook')]",
}, New: func() Algorithm { return &mocov3{} }})

type mocov3 struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
	momentum momentum
}

func (a *mocov3) Args(s *schema.Set) {
	a.momentum.declare(s, 0.99)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss, with the predictor", true)
}

func (a *mocov3) Views() int { return 2 }

// Loss runs each view by itself through both networks.
func (a *mocov3) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	return mutual(b, a.backbone, a.neck, a.head, a.momentum.teacher(b))
}

// Embed gives what is predicted from.
func (a *mocov3) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *mocov3) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
