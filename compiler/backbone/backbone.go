// Package backbone holds the networks that turn images into features, one file each: entry, arguments, Args, Check, Forward.
package backbone

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

// Backbone is a network over images.
type Backbone interface {
	schema.Component
	// Forward builds the network on x, [batch, channel, height, width], and returns the feature maps that out_indices asks for, [batch,
	// channel, height, width] each, from shallow to deep. A transformer may return vectors [batch, dim] or tokens [batch, token, dim] instead.
	Forward(s nn.Scope, x *ir.Value) []*ir.Value
}

// Table is the table of backbones.
var Table = schema.NewTable[Backbone]("backbone")
