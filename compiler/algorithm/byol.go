package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "byol",
	Doc: "A network predicts from one view what its own moving average, the teacher, makes of the other. There are no negatives. The loss starts near 0 and falls towards -4; a loss at -4 " +
		"within the first epoch, or embeddings without spread (monitor \"collapse\"), are a collapse.",
	Equation: "loss = 2·(head(z_1, t_2) + head(z_2, t_1)), z = neck(backbone(x)), t the teacher's z",
	Paper:    schema.Paper{Authors: "Grill, Strub, Altché, Tallec, Richemond, and others", Title: "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", Year: 2020, ID: "2006.07733"},
	Before:   "model=dict(type='BYOL', base_momentum=0.99, …), custom_hooks=[dict(type='BYOLHook', end_momentum=1.)]",
}, New: func() Algorithm { return &byol{} }})

type byol struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
	momentum momentum
}

func (a *byol) Args(s *schema.Set) {
	a.momentum.declare(s, 0.996)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss, with the predictor", true)
}

func (a *byol) Views() int { return 2 }

// Loss runs each view by itself through both networks, so that batch statistics are those of a view.
func (a *byol) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	return op.Mul(mutual(b, a.backbone, a.neck, a.head, a.momentum.teacher(b)), op.Const(b.G, ir.ScalarTensor(ir.Float32, 2)))
}

// mutual is head(z_1, t_2) + head(z_2, t_1): each view's projection against the teacher's of the other.
func mutual(b *nn.Builder, net backbone.Backbone, project neck.Neck, h head.Head, teacher nn.Scope) *ir.Value {
	var online, target []*ir.Value
	for i := range 2 {
		online = append(online, encode(b.Root(), net, project, b.View(i)))
	}
	for i := range 2 {
		target = append(target, encode(teacher, net, project, b.View(i)))
	}
	s := b.Root().Sub("head")
	return op.Add(h.Loss(s, online[0], target[1]), h.Loss(s, online[1], target[0]))
}

// Embed gives what is predicted from.
func (a *byol) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *byol) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
