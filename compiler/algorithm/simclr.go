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

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "simclr",
	Doc:      "Two views of an image attract each other and repel all other images of the batch. With a batch of N the loss starts near ln(2N-1), below it for low temperatures, and falls; a loss that stays there is a collapse.",
	Equation: "z = n(neck(backbone(x))), s = z zᵀ without the diagonal, loss = head(s, column of the sibling view)",
	Paper:    schema.Paper{Authors: "Chen, Kornblith, Norouzi, Hinton", Title: "A Simple Framework for Contrastive Learning of Visual Representations", Year: 2020, ID: "2002.05709"},
	Before:   "model=dict(type='SimCLR', backbone=…, neck=…, head=…)",
}, New: func() Algorithm { return &simclr{} }})

type simclr struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
}

func (a *simclr) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss", true)
}

func (a *simclr) Views() int { return 2 }

// Loss runs both views as one batch, view after view, so that norms see them together, as MMSelfSup's SimCLR does.
func (a *simclr) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	z := encode(s, a.backbone, a.neck, b.AllViews())
	if !z.Valid() {
		return b.Failed()
	}
	defer s.Sub("similarity").Enter()()
	z = nn.Normalize(z, 1e-10)
	positive := make([]int, z.Shape[0].Size)
	for i := range positive {
		positive[i] = (i + len(positive)/2) % len(positive)
	}
	return a.head.Loss(s.Sub("head"), nn.Others(nn.Similarities(z, z)), op.ConstInts(b.G, positive...))
}

// Embed gives what the loss compares.
func (a *simclr) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *simclr) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
