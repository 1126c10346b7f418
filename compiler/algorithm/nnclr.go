package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/fn"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "nnclr",
	Doc: "SimCLR whose positives are the nearest neighbours of the views among the embeddings of earlier batches. With a batch of N the loss starts near ln N and falls; a loss that stays there is a collapse, " +
		"and during the first steps the queue is noise.",
	Equation: "loss = (head(z_1, NN(z_2)) + head(z_2, NN(z_1)))/2, z = neck(backbone(x)), NN(z) the row of the queue nearest to n(z); then z_1 enters the queue",
	Paper:    schema.Paper{Authors: "Dwibedi, Aytar, Tompson, Sermanet, Zisserman", Title: "With a Little Help from My Friends: Nearest-Neighbor Contrastive Learning of Visual Representations", Year: 2021, ID: "2104.14548"},
}, New: func() Algorithm { return &nnclr{} }})

type nnclr struct {
	backbone backbone.Backbone
	neck     neck.Neck
	head     head.Head
	length   int
}

func (a *nnclr) Args(s *schema.Set) {
	s.Int(&a.length, "queue_len", 98304, "embeddings in the queue, a multiple of the batch size", schema.Between(1, 1<<24))
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss, with the predictor", true)
}

func (a *nnclr) Views() int { return 2 }

// Loss runs each view by itself. It is the pseudocode of the paper's appendix.
func (a *nnclr) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	z1, z2 := encode(s, a.backbone, a.neck, b.View(0)), encode(s, a.backbone, a.neck, b.View(1))
	if !z1.Valid() || !z2.Valid() || !evenly(s, a, a.length, z1.Shape[0].Size) {
		return b.Failed()
	}
	queue := nn.NewQueue(s, "queue", a.length, z1.Shape[1].Size)
	own := nn.Unit(fn.StopGradient(z1), -1)
	h := s.Sub("head")
	sum := op.Add(a.head.Loss(h, z1, nearest(queue, nn.Unit(fn.StopGradient(z2), -1))), a.head.Loss(h, z2, nearest(queue, own)))
	queue.Push(own)
	return op.Mul(sum, op.Const(b.G, ir.ScalarTensor(ir.Float32, 0.5)))
}

// nearest is the row of the queue with the largest product with each row of z: [batch, dim].
func nearest(queue *nn.Queue, z *ir.Value) *ir.Value {
	return op.Gather(queue.Rows(), op.ArgMax(nn.Similarities(z, queue.Rows()), -1, false), 0)
}

// Embed gives what is predicted from.
func (a *nnclr) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *nnclr) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
