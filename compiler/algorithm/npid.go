package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/fn"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/memory"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "npid",
	Doc: "Instance discrimination: each image must find its own embedding of earlier epochs in a memory of all images, among neg_num others that are drawn for it in each step. One view is enough: what it is " +
		"compared with are views of other epochs. The loss starts near ln(1 + neg_num) + 1/(2·feat_dim·τ²), 11.9 with 65,536 negatives, 128 numbers and τ = 0.07, since the rows begin at random. It rises " +
		"while the first epoch fills them with embeddings that are still alike, and falls from then on. A loss that stays at ln(1 + neg_num) is a collapse: embeddings that are all alike. As in MMSelfSup " +
		"the loss is a softmax over the drawn images, not the paper's noise-contrastive estimate.",
	Equation: "loss = head([v·m_i, v·m_j1, …, v·m_jK], 0), v = n(neck(backbone(x_i))), n(x) = x/|x|, j1 … jK uniform over all images, m the memory",
	Paper:    schema.Paper{Authors: "Wu, Xiong, Yu, Lin", Title: "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", Year: 2018, ID: "1805.01978"},
	Before:   "model=dict(type='NPID', neg_num=65536, ensure_neg=False, backbone=…, neck=dict(type='LinearNeck', …), head=dict(type='ContrastiveHead', temperature=0.07), memory_bank=dict(type='SimpleMemory', …))",
}, New: func() Algorithm { return &npid{} }})

type npid struct {
	backbone  backbone.Backbone
	neck      neck.Neck
	head      head.Head
	memory    memory.Memory
	negatives int
	ensure    bool
}

func (a *npid) Args(s *schema.Set) {
	s.Int(&a.negatives, "neg_num", 65536, "images that each one is compared with, drawn with replacement; at most as many as the memory has", schema.Between(1, 1<<24))
	s.Bool(&a.ensure, "ensure_neg", false, "whether an image is never its own negative; MMSelfSup draws again until that is so, here the draw leaves the image out, which is the same distribution")
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector", true)
	schema.Child(s, &a.head, "head", head.Table, "loss: contrastive", true)
	schema.Child(s, &a.memory, "memory", memory.Table, "embeddings of all images", true)
}

func (a *npid) Views() int { return 1 }

// Loss takes the similarities with the whole memory and picks those of the positive and the negatives. The product is [batch, length]; the rows of the negatives, gathered, would be
// [batch, neg_num, dim], more memory as soon as neg_num is more than a hundredth of length.
func (a *npid) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	v := encode(s, a.backbone, a.neck, b.View(0))
	if !v.Valid() {
		return b.Failed()
	}
	v = nn.Unit(v, -1)
	kept := s.Sub("memory")
	bank := a.memory.Bank(kept, v)
	if bank == nil || !a.enough(s, bank.Len()) {
		return b.Failed()
	}
	similarities := fn.Linear(v, bank.Rows(), nil, fn.NoActivation)
	candidates := op.GatherElements(similarities, a.candidates(b, bank), 1)
	loss := a.head.Loss(s.Sub("head"), candidates, op.ConstInts(b.G, make([]int, v.Shape[0].Size)...))
	a.memory.Update(kept, bank, v)
	return loss
}

// others is the number of rows that negatives are drawn from.
func (a *npid) others(length int) int {
	if a.ensure {
		return length - 1
	}
	return length
}

// enough reports whether the memory has as many rows as there are negatives.
func (a *npid) enough(s nn.Scope, length int) bool {
	others := a.others(length)
	if a.negatives <= others {
		return true
	}
	s.Errorf(a, "neg_num", "Too many negatives", "Each image is compared with neg_num = %d others, but the memory has length = %d, of which %d can be drawn. Write a neg_num of at most %d.", a.negatives, length, others, others)
	return false
}

// candidates are the rows that each image is compared with, its own first: [batch, candidate], int64. Where that is no negative, draws from it on mean the row behind.
func (a *npid) candidates(b *nn.Builder, bank *nn.Bank) *ir.Value {
	own := op.Unsqueeze(bank.Index(), 1)
	others := b.Draw("negatives", ir.Shape{b.Batch(), {Name: "negative", Size: a.negatives}}, a.others(bank.Len()))
	if a.ensure {
		others = op.Add(others, op.Cast(op.GreaterOrEqual(others, own), ir.Int64))
	}
	return op.Concat(1, own, others)
}

// Embed gives what the loss compares.
func (a *npid) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *npid) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
