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

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "relative_loc",
	Doc: "The network tells on which of eight sides of the middle patch of an image another patch lies. Its view shows nine patches of an image in three rows, as the transform random_patches makes them. The loss starts " +
		"near ln 8, 2.08, with an acc of 0.125, and falls slowly; one that stays there has too high a learning rate. An acc that is high within the first epoch means that patches are fitted together by their " +
		"borders or by the lens's colours: raise the transform's jitter, or random_grayscale's p.",
	Equation: "loss = mean_{i,p} -log softmax(head(neck([f(x_ip), f(x_i,middle)])))[p], p = 0 … 7 the patches around the middle, row by row, f the backbone",
	Paper:    schema.Paper{Authors: "Doersch, Gupta, Efros", Title: "Unsupervised Visual Representation Learning by Context Prediction", Year: 2015, ID: "1505.05192"},
	Before:   "model=dict(type='RelativeLoc', backbone=…, neck=dict(type='RelativeLocNeck', …), head=dict(type='ClsHead', in_channels=4096, num_classes=8))",
}, New: func() Algorithm { return &relativeLoc{} }})

type relativeLoc struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
}

func (a *relativeLoc) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over patches", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "what joins the features of two patches: relative_loc", true)
	schema.Child(s, &a.head, "head", head.Table, "classifier of eight classes, the places around the middle: cls", true)
}

// Check demands a classifier.
func (a *relativeLoc) Check(r *schema.Report) { checkClassifier(r, a.head, "relative_loc", around) }

// side is the number of patches along a side of the view, around that of the patches around the middle one.
const side, around = 3, side*side - 1

func (a *relativeLoc) Views() int { return 1 }

// Loss runs the patches around as one batch, place after place, and the middle ones as another, each with statistics of its own in norms. MMSelfSup runs the middle patches eight times over, which
// gives the same features and gradients for nearly twice the work; only the running variance of a norm differs, by the factor that makes it unbiased.
func (a *relativeLoc) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	x := b.View(0)
	if h, w := x.Shape[2].Size, x.Shape[3].Size; h%side != 0 || w%side != 0 {
		s.Errorf(a, "", "Shape mismatch", "The view must show 3 rows of 3 patches, but an image of [height=%d, width=%d] has no such parts. Write random_patches before normalize, and nothing that changes the size after it.", h, w)
		return b.Failed()
	}
	if !apart(s, a.head, "places", around) {
		return b.Failed()
	}
	outer, middle := patches(x)
	f := last(a.backbone.Forward(s.Sub("backbone"), outer))
	m := last(a.backbone.Forward(s.Sub("backbone"), middle))
	if !f.Valid() || !m.Valid() {
		return b.Failed()
	}
	beside := make([]*ir.Value, around)
	for i := range beside {
		beside[i] = m
	}
	z := a.neck.Forward(s.Sub("neck"), []*ir.Value{op.Concat(1, f, op.Concat(0, beside...))})[0]
	return a.head.Loss(s.Sub("head"), z, repeated(b, around, x.Shape[0].Size))
}

// patches cuts a view into the patches around the middle, [place·batch, channel, height, width], place after place and row by row, and the middle ones, [batch, channel, height, width].
func patches(x *ir.Value) (outer, middle *ir.Value) {
	var all []*ir.Value
	for _, row := range op.SplitEvenly(x, 2, side) {
		all = append(all, op.SplitEvenly(row, 3, side)...)
	}
	const centre = side * side / 2
	middle = all[centre]
	return op.Concat(0, append(all[:centre:centre], all[centre+1:]...)...), middle
}

func last(maps []*ir.Value) *ir.Value { return maps[len(maps)-1] }

// Features are the backbone's.
func (a *relativeLoc) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
