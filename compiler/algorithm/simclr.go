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

// masked is the similarity given to the diagonal, low enough that exp(masked/τ) is 0 for any temperature in use.
const masked = -1e4

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
	rows := z.Shape[0].Size
	diagonal := ir.NewTensor(z.DType, rows, rows)
	positive := make([]int, rows)
	for i := range positive {
		diagonal.Data[i*rows+i] = masked
		positive[i] = (i + rows/2) % rows
	}
	sim := op.Add(op.MatMul(z, op.Transpose(z, 1, 0)), op.Const(b.G, diagonal))
	return a.head.Loss(s.Sub("head"), sim, op.ConstInts(b.G, positive...))
}

// Embed gives what the loss compares.
func (a *simclr) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *simclr) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
