package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "classification",
	Doc: "Supervised classification: what measures pre-trained weights. With all stages of the backbone frozen (frozen_stages = 4) it is linear evaluation, with none and few " +
		"labelled images semi-supervised fine-tuning, without init_from supervised training.",
	Equation: "loss = head(backbone(x), label)",
	Paper:    schema.Paper{None: "supervised learning, the protocol of benchmarks"},
	Before:   "model=dict(type='Classification', backbone=dict(type='ResNet', depth=50, frozen_stages=4), head=dict(type='ClsHead', …))",
}, New: func() Algorithm { return &classification{} }})

type classification struct {
	backbone backbone.Backbone
	head     head.Head
}

func (a *classification) Args(s *schema.Set) {
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.head, "head", head.Table, "classifier", true)
}

// Check demands a head that labels images.
func (a *classification) Check(r *schema.Report) {
	if _, ok := a.head.(head.Classifier); !ok {
		r.Errorf("", "Unsuitable head", "The algorithm classification needs a head that labels images. Write head \"cls\" or head \"multi_cls\".")
	}
}

func (a *classification) Views() int { return 1 }

func (a *classification) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	maps := a.Features(b, b.View(0))
	return a.head.Loss(s.Sub("head"), append(maps, b.Label())...)
}

// Classify gives the head's logits.
func (a *classification) Classify(b *nn.Builder, x *ir.Value) []nn.Metric {
	return a.head.(head.Classifier).Logits(b.Root().Sub("head"), a.Features(b, x))
}

// Features are the backbone's.
func (a *classification) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
