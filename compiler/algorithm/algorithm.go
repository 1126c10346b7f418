// Package algorithm holds the self-supervised methods, one file each: entry, arguments, Args, Loss, Features.
package algorithm

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
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

// Classifier is an algorithm that learns classes.
type Classifier interface {
	// Classify builds the logits of images x, [batch, channel, height, width]: [batch, class] for each head, by the head's name.
	Classify(b *nn.Builder, x *ir.Value) []nn.Metric
}

// Table is the table of algorithms.
var Table = schema.NewTable[Algorithm]("algorithm")
