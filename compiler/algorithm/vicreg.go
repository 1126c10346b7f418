package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "vicreg",
	Doc: "The embeddings of two views are near each other, every dimension varies over the batch, and no two vary together: no teacher, no negatives. With the default weights the loss starts at 25 or less, " +
		"or above for embeddings that vary much, and settles at 10 to 20; its term variance at 1 is a collapse.",
	Equation: "loss = head(z_1, z_2), z = neck(backbone(x))",
	Paper:    schema.Paper{Authors: "Bardes, Ponce, LeCun", Title: "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning", Year: 2021, ID: "2105.04906"},
}, New: func() Algorithm { return &vicreg{} }})

type vicreg struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
}

func (a *vicreg) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss", true)
}

func (a *vicreg) Views() int { return 2 }

// Loss runs each view by itself, so that batch statistics are those of a view.
func (a *vicreg) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	return a.head.Loss(s.Sub("head"), encode(s, a.backbone, a.neck, b.View(0)), encode(s, a.backbone, a.neck, b.View(1)))
}

// Embed gives what the loss compares.
func (a *vicreg) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *vicreg) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
