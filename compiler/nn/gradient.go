package nn

import (
	"ssc/compiler/autodiff"
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Gradient returns the gradients of the scalar loss with respect to wrt; again are nodes whose values are computed a second time
// instead of being kept. See autodiff.Gradient.
func Gradient(loss *ir.Value, wrt []*ir.Value, again ...[]*ir.Node) ([]*ir.Value, error) {
	b := autodiff.Builder{Add: op.Add, SumTo: op.SumTo, After: fn.After, Ones: func(v *ir.Value) *ir.Value {
		return op.Const(v.Graph(), ir.Floats(v.DType, []int{}, 1))
	}}
	return autodiff.Gradient(b, loss, wrt, again...)
}
