package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "dino",
	Doc: "A network predicts, from crops of all sizes, what its own moving average makes of the large ones: self-distillation without labels. The loss starts at about ln out_channels, 11.09 by default, and may " +
		"stay there for the first epochs; see the head for the signs of a collapse.",
	Equation: "loss = head(s of all crops, t of the large crops), s = neck(backbone(x) by size of crop), t the teacher's s",
	Paper:    schema.Paper{Authors: "Caron, Touvron, Misra, Jégou, Mairal, Bojanowski, Joulin", Title: "Emerging Properties in Self-Supervised Vision Transformers", Year: 2021, ID: "2104.14294"},
}, New: func() Algorithm { return &dino{} }})

type dino struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
	momentum momentum
}

func (a *dino) Args(s *schema.Set) {
	a.momentum.declare(s, 0.996)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector: dino", true)
	schema.Child(s, &a.head, "head", head.Table, "loss: dino", true)
}

// distilling is a head for which the teacher sees the crops of the first size alone.
type distilling interface {
	head.Cropped
	Large() int
}

// Check demands a head that knows its crops.
func (a *dino) Check(r *schema.Report) {
	if _, ok := a.head.(distilling); !ok {
		r.Errorf("", "Unsuitable head", "The algorithm dino needs a head that says which crops the teacher sees. Write head \"dino\".")
	}
}

func (a *dino) Views() int { return a.head.(distilling).Crops() }

// Loss runs the backbone once for each size of crop, and the neck once for all.
func (a *dino) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	crops := b.Crops()
	h := a.head.(distilling)
	student := project(s, a.backbone, a.neck, crops, h.Crops())
	if !student.Valid() {
		return b.Failed()
	}
	return a.head.Loss(s.Sub("head"), student, project(a.momentum.teacher(b), a.backbone, a.neck, []*ir.Value{b.FirstViews(h.Large())}, h.Large()))
}

// Embed gives what the softmax is taken of.
func (a *dino) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *dino) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
