package pass

import (
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// narrow is a function that can keep its large tensors, and the weights of its products, in bfloat16: in and out are their positions among its inputs and outputs.
// One that does not begin anything goes on only where an input is bfloat16 already.
type narrow interface {
	Narrow() (in, out []int, begins bool)
}

// carried are the operators that only move elements and that ONNX Runtime's CPU provider (1.30, opset 18) has for bfloat16, with the number of inputs that hold
// the elements, -1 for all.
var carried = map[string]int{"Reshape": 1, "Transpose": 1, "Slice": 1, "Split": 1, "Squeeze": 1, "Unsqueeze": 1, "Concat": -1}

// BFloat16 returns g with the tensors between products, convolutions and what stands among them in bfloat16: the weights of products and the activations, with
// their gradients. A Cast stands where something of float32 comes in, one for each weight, and where something else reads a result. Gradients of weights, statistics
// and all other operators stay in float32.
//
// It runs before the cleaning passes and behind ChannelsLast: it leaves values that nobody reads.
func BFloat16(g *ir.Graph) *ir.Graph {
	h := &halved{of: map[*ir.Value]*ir.Value{}, native: map[*ir.Value]bool{}}
	return ir.Rewrite(g, h.visit)
}

// halved walks over a graph. Each value that is computed as bfloat16 is still there as float32, as a Cast that nobody needs to read.
type halved struct {
	of     map[*ir.Value]*ir.Value // the value as bfloat16
	native map[*ir.Value]bool      // values that are computed so
}

func (h *halved) visit(dst *ir.Graph, n *ir.Node, in []*ir.Value) []*ir.Value {
	if f, ok := n.Op.(narrow); ok {
		return h.function(dst, n, in, f)
	}
	count, ok := carried[key(n.Op)]
	if count < 0 {
		count = len(in)
	}
	switch {
	case ok && h.all(in[:count]):
		args := slices.Clone(in)
		for i := range count {
			args[i] = h.half(in[i])
		}
		return h.facades(dst.Apply(n.Op, args...), seq(len(n.Out)))
	case key(n.Op) == "Add" && h.all(in) && in[0].Shape.Equal(in[1].Shape):
		return h.facades([]*ir.Value{fn.Add(h.half(in[0]), h.half(in[1]))}, []int{0})
	}
	return nil
}

func (h *halved) function(dst *ir.Graph, n *ir.Node, in []*ir.Value, f narrow) []*ir.Value {
	places, results, begins := f.Narrow()
	args := slices.Clone(in)
	for _, i := range places {
		if i >= len(in) || in[i] == nil {
			continue
		}
		if in[i].DType != ir.Float32 {
			return nil
		}
		begins = begins || h.native[in[i]]
	}
	if !begins {
		return nil
	}
	for _, i := range places {
		if i < len(in) && in[i] != nil {
			args[i] = h.half(in[i])
		}
	}
	results = slices.DeleteFunc(slices.Clone(results), func(i int) bool { return i >= len(n.Out) })
	return h.facades(dst.Apply(n.Op, args...), results)
}

// all reports whether all values are computed as bfloat16.
func (h *halved) all(values []*ir.Value) bool {
	return !slices.ContainsFunc(values, func(v *ir.Value) bool { return !h.native[v] })
}

// half is v as bfloat16.
func (h *halved) half(v *ir.Value) *ir.Value {
	if h.of[v] == nil {
		h.of[v] = op.Cast(v, ir.BFloat16)
	}
	return h.of[v]
}

// facades replaces those of the values that are bfloat16 by what stands for them in the rest of the graph.
func (h *halved) facades(values []*ir.Value, narrowed []int) []*ir.Value {
	out := slices.Clone(values)
	for _, i := range narrowed {
		out[i] = op.Cast(values[i], ir.Float32)
		h.of[out[i]], h.native[out[i]] = values[i], true
	}
	return out
}

// seq is 0, 1, …, n-1.
func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
