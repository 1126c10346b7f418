package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// toLast moves the channel axis of x from the second place to the last, toFirst moves it back.
func toLast(x *ir.Value) *ir.Value { return op.Transpose(x, lastDims(axes(x))...) }

func toFirst(x *ir.Value) *ir.Value { return op.Transpose(x, firstDims(axes(x))...) }

// lastDims is d with its second entry last, firstDims undoes it.
func lastDims(d []int) []int {
	out := append([]int{d[0]}, d[2:]...)
	return append(out, d[1])
}

func firstDims(d []int) []int {
	out := []int{d[0], d[len(d)-1]}
	return append(out, d[1:len(d)-1]...)
}

// axes lists the axes of x.
func axes(x *ir.Value) []int { return seq(len(x.Shape)) }

// channelAxis is the axis of the channels: the second, or the last.
func channelAxis(x *ir.Value, last bool) int {
	if last {
		return len(x.Shape) - 1
	}
	return 1
}

// allBut lists every axis of x but the channels'.
func allBut(x *ir.Value, last bool) []int {
	var list []int
	for i := range x.Shape {
		if i != channelAxis(x, last) {
			list = append(list, i)
		}
	}
	return list
}

// perChannel gives a [channel] vector the shape that broadcasts against x: 1 on all other axes.
func perChannel(v, x *ir.Value, last bool) *ir.Value {
	s := make([]int, len(x.Shape))
	for i := range s {
		s[i] = 1
	}
	shape := ir.Dims(s...)
	shape[channelAxis(x, last)] = x.Shape[channelAxis(x, last)]
	return op.Reshape(v, shape)
}
