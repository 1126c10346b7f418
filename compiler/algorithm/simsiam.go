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

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "simsiam",
	Doc: "A network predicts from each view what it makes of the other, through which no gradient passes: no teacher, no negatives. The loss starts near 0 and falls towards -1; -1 within the " +
		"first epoch, or embeddings without spread (monitor \"collapse\"), are a collapse, to which a projector without batch norm leads. Accuracy may stay flat for tens of epochs before it rises.",
	Equation: "loss = (head(z_1, z_2) + head(z_2, z_1))/2, z = neck(backbone(x))",
	Paper:    schema.Paper{Authors: "Chen, He", Title: "Exploring Simple Siamese Representation Learning", Year: 2020, ID: "2011.10566"},
	Before:   "model=dict(type='SimSiam', …), custom_hooks=[dict(type='SimSiamHook', fix_pred_lr=True, lr=0.05)]; the hook is here a group of the optimizer with fix_lr",
}, New: func() Algorithm { return &simsiam{} }})

type simsiam struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
}

func (a *simsiam) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss, with the predictor", true)
}

func (a *simsiam) Views() int { return 2 }

// Loss runs each view by itself, so that batch statistics are those of a view.
func (a *simsiam) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	z1, z2 := encode(s, a.backbone, a.neck, b.View(0)), encode(s, a.backbone, a.neck, b.View(1))
	sum := op.Add(a.head.Loss(s.Sub("head"), z1, z2), a.head.Loss(s.Sub("head"), z2, z1))
	return op.Mul(sum, op.Const(b.G, ir.ScalarTensor(ir.Float32, 0.5)))
}

// Embed gives what is predicted from.
func (a *simsiam) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *simsiam) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
