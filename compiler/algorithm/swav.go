package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "swav",
	Doc: "Crops of an image agree on which prototypes they belong to: each predicts the assignment of another, and assignments spread a batch evenly over the prototypes. The views are num_crops of the head, " +
		"large ones before small ones. The loss starts at about ln num_prototypes, 8.01 by default; staying there after the first epochs, while the accuracy of a probe does not rise, is a collapse.",
	Equation: "loss = head(z of all crops), z = neck(backbone(x) by size of crop)",
	Paper:    schema.Paper{Authors: "Caron, Misra, Mairal, Goyal, Bojanowski, Joulin", Title: "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", Year: 2020, ID: "2006.09882"},
	Before:   "model=dict(type='SwAV', …), custom_hooks=[dict(type='SwAVHook', …)]; the hook's arguments are the head's",
}, New: func() Algorithm { return &swav{} }})

type swav struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
}

func (a *swav) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector: swav", true)
	schema.Child(s, &a.head, "head", head.Table, "prototypes and loss: swav", true)
}

// Check demands a head that knows its crops.
func (a *swav) Check(r *schema.Report) {
	if _, ok := a.head.(head.Cropped); !ok {
		r.Errorf("", "Unsuitable head", "The algorithm swav needs a head that says how many crops it takes. Write head \"swav\".")
	}
}

func (a *swav) Views() int { return a.head.(head.Cropped).Crops() }

// Loss runs the backbone once for each size of crop, so that batch statistics are those of a size, and the neck once for all.
func (a *swav) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	z := project(s, a.backbone, a.neck, b.Crops(), a.Views())
	if !z.Valid() {
		return b.Failed()
	}
	return a.head.Loss(s.Sub("head"), z)
}

// project runs the backbone on each batch of crops, and the neck on the deepest maps of all: [crop·batch, dim], crop after crop.
func project(s nn.Scope, net backbone.Backbone, projector neck.Neck, batches []*ir.Value, crops int) *ir.Value {
	var maps []*ir.Value
	for _, x := range batches {
		all := net.Forward(s.Sub("backbone"), x)
		maps = append(maps, all[len(all)-1])
	}
	z := nn.Flatten(projector.Forward(s.Sub("neck"), maps)[0])
	if want := crops * s.B.Batch().Size; z.Valid() && z.Shape[0].Size != want {
		s.Errorf(projector, "", "Unsuitable neck", "Crops of several sizes need a neck that joins them into one batch of %d rows, but this one gives %s. Write neck \"swav\" or neck \"dino\".", want, z.Shape)
		return s.B.Failed()
	}
	return z
}

// Embed gives what is compared with the prototypes.
func (a *swav) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *swav) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
