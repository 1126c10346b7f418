package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "barlowtwins",
	Doc: "The embeddings of two views are equal in each dimension and uncorrelated between dimensions: no teacher, no negatives. The loss starts at about the number of dimensions of the embedding and falls to a small " +
		"share of it. It wants embeddings wider than the backbone's features and a batch of 128 or more; features of low rank (monitor \"collapse\") mean that lambd is too small.",
	Equation: "loss = head(z_1, z_2), z = neck(backbone(x))",
	Paper:    schema.Paper{Authors: "Zbontar, Jing, Misra, LeCun, Deny", Title: "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", Year: 2021, ID: "2103.03230"},
	Before:   "model=dict(type='BarlowTwins', …)",
}, New: func() Algorithm { return &barlowtwins{} }})

type barlowtwins struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
}

func (a *barlowtwins) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss", true)
}

func (a *barlowtwins) Views() int { return 2 }

// Loss runs each view by itself, so that batch statistics are those of a view.
func (a *barlowtwins) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	return a.head.Loss(s.Sub("head"), encode(s, a.backbone, a.neck, b.View(0)), encode(s, a.backbone, a.neck, b.View(1)))
}

// Embed gives what the loss compares.
func (a *barlowtwins) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *barlowtwins) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
