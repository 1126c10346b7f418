// Package head holds the losses that end a network, one file each: entry, arguments, Args, Loss.
package head

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

// Head turns what a neck gives into a loss.
type Head interface {
	schema.Component
	// Loss builds the loss, a scalar. What the inputs are is said by each head; an algorithm that calls a head with inputs of other shapes gets a diagnostic.
	Loss(s nn.Scope, in ...*ir.Value) *ir.Value
}

// Table is the table of heads.
var Table = schema.NewTable[Head]("head")

// inputs checks how many values a head is given, and how many axes each has.
func inputs(s nn.Scope, head string, in []*ir.Value, ranks ...int) bool {
	if len(in) != len(ranks) {
		s.B.G.Errorf("Shape mismatch", "The head %s takes %d inputs, but the algorithm gives it %d. Use a head that belongs to the algorithm.", head, len(ranks), len(in))
		return false
	}
	for i, v := range in {
		if !v.Valid() {
			return false
		}
		if len(v.Shape) != ranks[i] {
			s.B.G.Errorf("Shape mismatch", "Input %d of the head %s must have %d axes, but it is %s. Use a head that belongs to the algorithm.", i, head, ranks[i], v.Shape)
			return false
		}
	}
	return true
}

// failed is a stand-in loss after an error was reported.
func failed(s nn.Scope) *ir.Value { return s.B.Failed() }
