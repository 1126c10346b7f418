// Package neck holds the networks between a backbone and a head, one file each: entry, arguments, Args, Forward.
package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

// Neck turns the backbone's feature maps into what a head takes.
type Neck interface {
	schema.Component
	// Forward builds the neck on feature maps [batch, channel, height, width] or vectors [batch, dim]; most necks take just the last one.
	Forward(s nn.Scope, x []*ir.Value) []*ir.Value
}

// Table is the table of necks.
var Table = schema.NewTable[Neck]("neck")

// pooled is the deepest map, averaged to size×size cells and flattened, or, without pooling, just flattened.
func pooled(x []*ir.Value, pool bool, size int) *ir.Value {
	last := x[len(x)-1]
	if pool && last.Valid() && len(last.Shape) == 4 {
		last = nn.AvgPool(last, size)
	}
	return nn.Flatten(last)
}

// joined pools each map and joins them along the batch axis: [batch, dim]. It is invalid after an error.
func joined(s nn.Scope, c schema.Component, maps []*ir.Value, pool bool, size, in int) *ir.Value {
	var parts []*ir.Value
	for _, m := range maps {
		x := pooled([]*ir.Value{m}, pool, size)
		if !checkIn(s, c, x, in) {
			return s.B.Failed()
		}
		parts = append(parts, x)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return op.Concat(0, parts...)
}

// checkIn compares the declared in_channels with what arrives; 0 accepts anything.
func checkIn(s nn.Scope, c schema.Component, x *ir.Value, in int) bool {
	if !x.Valid() {
		return false
	}
	if got := x.Shape[1].Size; in > 0 && got != in {
		s.Errorf(c, "in_channels", "Shape mismatch", "The neck is declared with in_channels = %d, but its input is %s. Write in_channels = %d, or leave the argument out.", in, x.Shape, got)
		return false
	}
	return true
}
