package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "rotation_pred",
	Doc: "The network tells by how many quarter turns an image was rotated; each image is in the batch in all four ways. The loss starts near ln 4, 1.39, with an acc of 0.25, and falls; one that stays there " +
		"has images without an up and a down, or too high a learning rate. An acc near 1 within the first epoch means that something else gives the turn away: a border, a mark, the corners that random_rotation leaves.",
	Equation: "loss = mean_{i,r} -log softmax(head(backbone(rot_r(x_i))))[r], rot_r a turn of r·90° counter-clockwise, r = 0 … 3",
	Paper:    schema.Paper{Authors: "Gidaris, Singh, Komodakis", Title: "Unsupervised Representation Learning by Predicting Image Rotations", Year: 2018, ID: "1803.07728"},
	Before:   "model=dict(type='RotationPred', backbone=…, head=dict(type='ClsHead', with_avg_pool=True, in_channels=2048, num_classes=4))",
}, New: func() Algorithm { return &rotationPred{} }})

type rotationPred struct {
	backbone backbone.Backbone
	head     head.Head
}

func (a *rotationPred) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.head, "head", head.Table, "classifier of four classes, the turns: cls", true)
}

// Check demands a classifier.
func (a *rotationPred) Check(r *schema.Report) { checkClassifier(r, a.head, "rotation_pred", turns) }

// turns is the number of quarter turns that an image comes in.
const turns = 4

func (a *rotationPred) Views() int { return 1 }

// Loss runs all turns as one batch, turn after turn. The runtime makes the view once; that the batch is four times as large is the step's own affair.
func (a *rotationPred) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	x := b.View(0)
	if h, w := x.Shape[2].Size, x.Shape[3].Size; h != w {
		s.Errorf(a, "", "Shape mismatch", "A quarter turn of an image of [height=%d, width=%d] has another shape, so that the four turns are no batch. Make the view's images square.", h, w)
		return b.Failed()
	}
	if !apart(s, a.head, "turns", turns) {
		return b.Failed()
	}
	maps := a.backbone.Forward(s.Sub("backbone"), quarterTurns(x))
	return a.head.Loss(s.Sub("head"), append(maps, repeated(b, turns, x.Shape[0].Size))...)
}

// quarterTurns are square images turned counter-clockwise by 0, 90, 180 and 270 degrees. Shapes: x [batch, channel, height, width] to [turn·batch, channel, height, width].
func quarterTurns(x *ir.Value) *ir.Value {
	transposed := op.Transpose(x, 0, 1, 3, 2)
	return op.Concat(0, x, op.Flip(transposed, 2), op.Flip(x, 2, 3), op.Flip(transposed, 3))
}

// Features are the backbone's.
func (a *rotationPred) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}

// checkClassifier demands a head that labels images, with n classes.
func checkClassifier(r *schema.Report, h head.Head, algorithm string, n int) {
	if _, ok := h.(head.Classifier); !ok {
		r.Errorf("", "Unsuitable head", "The algorithm %s needs a head that labels images. Write head \"cls\" with num_classes = %d.", algorithm, n)
	}
}

// apart reports whether the head has a class for each of the n things that are told apart.
func apart(s nn.Scope, h head.Head, things string, n int) bool {
	got := h.(head.Classifier).Classes()
	if got == n {
		return true
	}
	s.Errorf(h, "num_classes", "Wrong number of classes", "The head tells %d %s apart, but it has num_classes = %d. Write num_classes = %d.", n, things, got, n)
	return false
}

// repeated are the labels of n groups of a batch that each hold one class: 0, …, 0, 1, …, 1, …. Shape: [n·batch], int64.
func repeated(b *nn.Builder, n, batch int) *ir.Value {
	labels := make([]int, n*batch)
	for i := range labels {
		labels[i] = i / batch
	}
	return op.ConstInts(b.G, labels...)
}
