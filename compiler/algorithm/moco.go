package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "moco",
	Doc: "A query from one view must find the key that a slowly moving copy of the network makes of the other view, among the keys of earlier batches. Version 1 has the neck linear, version 2 the neck " +
		"moco_v2, other views and a cosine schedule. The loss starts below ln(1 + queue_len), 11.09 by default, rises while the queue fills with real keys, then falls; a loss that falls at once to near 0 " +
		"with poor features means that batch norm tells which key is the positive: raise groups.",
	Equation: "loss = head([q·k, q·queue], 0), q = n(neck(backbone(x_1))), k = n(teacher(x_2)), n(x) = x/|x|",
	Paper:    schema.Paper{Authors: "He, Fan, Wu, Xie, Girshick", Title: "Momentum Contrast for Unsupervised Visual Representation Learning", Year: 2019, ID: "1911.05722"},
	Before:   "model=dict(type='MoCo', queue_len=65536, feat_dim=128, momentum=0.999, …)",
}, New: func() Algorithm { return &moco{} }})

type moco struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
	memory   dictionary
}

func (a *moco) Args(s *schema.Set) {
	a.memory.declare(s)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss", true)
}

func (a *moco) Views() int { return 2 }

// Loss takes the first view for queries and the second for keys. The step sees the teacher moved towards the weights of the last step, and the queue without its own keys.
func (a *moco) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	if !a.memory.parted(s, a) {
		return b.Failed()
	}
	q := encode(s.Groups(a.memory.groups), a.backbone, a.neck, b.View(0))
	if !a.memory.fits(s, a, q) {
		return b.Failed()
	}
	q = nn.Unit(q, -1)
	keys := a.memory.keys(b, func(s nn.Scope, x *ir.Value) []*ir.Value {
		return []*ir.Value{nn.Unit(encode(s, a.backbone, a.neck, x), -1)}
	})
	queue := nn.NewQueue(s, "queue", a.memory.length, a.memory.dim)
	loss := against(s, a.head, q, keys[0], queue)
	queue.Push(keys[0])
	return loss
}

// Embed gives what the loss compares.
func (a *moco) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *moco) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}

// dictionary are the arguments of a teacher with constant momentum that makes keys, and of the queue of its keys.
type dictionary struct {
	length, dim, groups int
	momentum            float64
}

func (m *dictionary) declare(s *schema.Set) {
	s.Int(&m.length, "queue_len", 65536, "keys in the queue, a multiple of the batch size", schema.Between(1, 1<<24))
	s.Int(&m.dim, "feat_dim", 128, "size of a key: that of the neck's output", schema.Positive)
	s.Float(&m.momentum, "momentum", 0.999, "share of the old teacher in the new one", schema.Fraction)
	s.Int(&m.groups, "groups", 1, "parts of the batch for which batch norm takes statistics of their own, as on so many devices; the teacher's parts are drawn at random for each step, so that statistics tell nothing about the positive", schema.Positive)
}

// parted reports whether the batch has groups of equal size.
func (m *dictionary) parted(s nn.Scope, c schema.Component) bool {
	batch := s.B.Batch().Size
	if batch%m.groups == 0 {
		return true
	}
	s.Errorf(c, "groups", "Shape mismatch", "A batch of %d cannot be parted into %d equal groups. Write a divisor of %d.", batch, m.groups, batch)
	return false
}

// fits compares the queue with the batch and with the queries, [batch, dim].
func (m *dictionary) fits(s nn.Scope, c schema.Component, q *ir.Value) bool {
	if !q.Valid() {
		return false
	}
	ok := evenly(s, c, m.length, q.Shape[0].Size)
	if q.Shape[1].Size != m.dim {
		s.Errorf(c, "feat_dim", "Shape mismatch", "The queue is for keys of feat_dim = %d numbers, but the neck gives %s. Write feat_dim = %d.", m.dim, q.Shape, q.Shape[1].Size)
		return false
	}
	return ok
}

// evenly reports whether batches fill a queue of length rows without a rest.
func evenly(s nn.Scope, c schema.Component, length, batch int) bool {
	if length%batch == 0 {
		return true
	}
	s.Errorf(c, "queue_len", "Queue not filled evenly", "The queue of %d rows takes in %d at a time, which does not divide it. Write queue_len = %d.", length, batch, max(1, length/batch)*batch)
	return false
}

// keys is what the teacher makes of the second view. With groups the images are shuffled before and their results put back.
func (m *dictionary) keys(b *nn.Builder, encode func(nn.Scope, *ir.Value) []*ir.Value) []*ir.Value {
	curve := plan.Curve{Kind: "constant", Base: m.momentum}
	s := b.Root().Groups(m.groups).Teacher(nn.Teacher{Momentum: b.Scalar("teacher_momentum", curve), Before: true})
	if m.groups == 1 {
		return encode(s, b.View(1))
	}
	order := b.Permutation("shuffle", b.Batch())
	keys := encode(s, nn.Shuffle(b.View(1), order))
	for i, k := range keys {
		keys[i] = nn.Unshuffle(k, order)
	}
	return keys
}

// against is the head's loss of queries among their keys, both [row, dim], and the queue: the positive is candidate 0.
func against(s nn.Scope, h head.Head, q, k *ir.Value, queue *nn.Queue) *ir.Value {
	return among(s, h, products(q, k), nn.Similarities(q, queue.Rows()))
}

// products are those of the rows of two matrices: [row, dim] to [row, 1].
func products(x, y *ir.Value) *ir.Value { return op.ReduceSum(op.Mul(x, y), true, -1) }

// among is the head's loss of similarities with a positive, [row, 1], and with negatives, [row, candidate].
func among(s nn.Scope, h head.Head, positive, negatives *ir.Value) *ir.Value {
	return h.Loss(s.Sub("head"), op.Concat(1, positive, negatives), op.ConstInts(s.B.G, make([]int, positive.Shape[0].Size)...))
}
