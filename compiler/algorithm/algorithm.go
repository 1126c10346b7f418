// Package algorithm holds the self-supervised methods, one file each: entry, arguments, Args, Loss, Features.
package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Algorithm is a method of pre-training.
type Algorithm interface {
	schema.Component
	// Views is the number of views of each image that a step takes.
	Views() int
	// Loss builds the step's forward part and returns the loss, a scalar. It may log metrics and update state.
	Loss(b *nn.Builder) *ir.Value
	// Features builds what is extracted from images x, [batch, channel, height, width], after training: feature maps from shallow to deep.
	Features(b *nn.Builder, x *ir.Value) []*ir.Value
}

// Embedder is an algorithm whose loss compares embeddings of images: what the meters of collapse look at.
type Embedder interface {
	// Embed builds the embeddings of images x, [batch, channel, height, width]: [batch, dim], before any normalisation.
	Embed(b *nn.Builder, x *ir.Value) *ir.Value
}

// Clusterer is an algorithm that clusters embeddings of all training images between steps.
type Clusterer interface {
	Embedder
	// Extractor is the dataset that shows the training images as they are clustered, under a view without random draws.
	Extractor() string
}

// Delayed is an algorithm with a part of its loss that counts only after some epochs.
type Delayed interface {
	// Begins is the number of these epochs, and the argument that says it.
	Begins() (epochs int, arg string)
}

// ClusterGraph is the name of the graph that makes the embeddings that are clustered.
const ClusterGraph = "cluster"

// Classifier is an algorithm that learns classes.
type Classifier interface {
	// Classify builds the logits of images x, [batch, channel, height, width]: [batch, class] for each head, by the head's name.
	Classify(b *nn.Builder, x *ir.Value) []nn.Metric
}

// Table is the table of algorithms.
var Table = schema.NewTable[Algorithm]("algorithm")

// encode runs backbone and neck in the scope: [batch, dim], the first of what the neck gives.
func encode(s nn.Scope, b backbone.Backbone, n neck.Neck, x *ir.Value) *ir.Value {
	return nn.Flatten(n.Forward(s.Sub("neck"), b.Forward(s.Sub("backbone"), x))[0])
}

// momentum are the arguments of a teacher whose momentum grows along half a cosine.
type momentum struct {
	base, end  float64
	by, update string
}

func (m *momentum) declare(s *schema.Set, base float64) {
	s.Float(&m.base, "base_momentum", base, "share of the old teacher in the new one at first", schema.Fraction)
	s.Float(&m.end, "end_momentum", 1, "that share at the end of training; it grows along half a cosine", schema.Fraction)
	s.String(&m.by, "momentum_by", "step", "what the curve counts: \"step\" changes the share every step, \"epoch\" keeps it inside an epoch", schema.OneOf("step", "epoch"))
	s.String(&m.update, "momentum_update", "after", "when the teacher moves: \"after\" the optimizer, towards the weights it made (MMSelfSup 0.x and the authors), or \"before\" the step, towards those of the last one (MMSelfSup 1.x)", schema.OneOf("after", "before"))
}

// teacher is the root scope of the teacher.
func (m *momentum) teacher(b *nn.Builder) nn.Scope {
	curve := plan.Curve{Kind: "cosine", Base: m.base, Min: m.end, ByEpoch: m.by == "epoch"}
	return b.Root().Teacher(nn.Teacher{Momentum: b.Scalar("teacher_momentum", curve), Before: m.update == "before"})
}
