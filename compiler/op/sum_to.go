package op

import "ssc/compiler/ir"

// SumTo undoes broadcasting: it sums x over the axes along which a value of shape s was repeated to give x's shape, and returns a value
// of shape s. Where x lacks axes that s has, which broadcasting against size 1 can cause in a gradient, it is expanded.
func SumTo(x *ir.Value, s ir.Shape) *ir.Value {
	if !x.Valid() {
		return x
	}
	var axes []int
	lead := len(x.Shape) - len(s)
	for i := range x.Shape {
		if i < lead || s[i-lead].Size == 1 && x.Shape[i].Size != 1 {
			axes = append(axes, i)
		}
	}
	if len(axes) > 0 {
		x = ReduceSum(x, true, axes...)
	}
	if lead > 0 {
		return Reshape(x, s)
	}
	return Expand(x, s)
}
