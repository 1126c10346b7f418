package nn

import (
	"ssc/compiler/autodiff"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Gradient returns the gradients of the scalar loss with respect to wrt; see autodiff.Gradient.
func Gradient(loss *ir.Value, wrt []*ir.Value) ([]*ir.Value, error) {
	b := autodiff.Builder{Add: op.Add, SumTo: op.SumTo, Ones: func(v *ir.Value) *ir.Value {
		return op.Const(v.Graph(), ir.Floats(v.DType, []int{}, 1))
	}}
	return autodiff.Gradient(b, loss, wrt)
}
