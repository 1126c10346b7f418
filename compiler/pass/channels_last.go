package pass

import (
	"reflect"
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// mover is a function that can also work on maps [batch, height, width, channel]: op is the function that does, the function itself if it
// does so already; in and out are the positions of the maps among its inputs and outputs.
type mover interface {
	ChannelsLast() (op ir.Op, in, out []int)
}

// elementwise operators do not care how a map lies.
func elementwise(n *ir.Node) bool {
	_, ok := n.Op.(interface{ Elementwise() })
	return ok
}

// alongBatch reports whether an operator cuts or joins along the batch axis alone, which is the first in either layout.
func alongBatch(n *ir.Node) bool {
	o, ok := n.Op.(interface{ AlongBatch() bool })
	return ok && o.AlongBatch()
}

// ChannelsLast returns g with the maps of convolution networks as [batch, height, width, channel]: every function that can and for which
// kernel holds, and every elementwise operator between them. Transposes stay where such a region meets the rest of the graph. The
// numbers are the same.
//
// It runs before the other passes: it leaves values that nobody reads.
func ChannelsLast(g *ir.Graph, kernel func(name string) bool) *ir.Graph {
	l := &lastLayout{kernel: kernel, of: map[*ir.Value]*ir.Value{}, native: map[*ir.Value]bool{}}
	return ir.Rewrite(g, l.visit)
}

// lastLayout walks over a graph. Each map of it that is computed with the channels last is still there with them second, as a Transpose
// that nobody needs to read.
type lastLayout struct {
	kernel func(name string) bool
	of     map[*ir.Value]*ir.Value // the value with the channels last
	native map[*ir.Value]bool      // values that are computed so
}

func (l *lastLayout) visit(dst *ir.Graph, n *ir.Node, in []*ir.Value) []*ir.Value {
	if m, ok := n.Op.(mover); ok && l.kernel(n.Op.Name()) {
		last, maps, out := m.ChannelsLast()
		maps = slices.DeleteFunc(slices.Clone(maps), func(i int) bool { return i >= len(in) || in[i] == nil })
		out = slices.DeleteFunc(slices.Clone(out), func(i int) bool { return i >= len(n.Out) })
		if reflect.DeepEqual(last, n.Op) || slices.ContainsFunc(maps, func(i int) bool { return len(in[i].Shape) != 4 }) {
			return nil
		}
		args := slices.Clone(in)
		for _, i := range maps {
			args[i] = l.last(in[i])
		}
		return l.facades(dst.Apply(last, args...), out)
	}
	if e, ok := n.Op.(interface{ Event() int }); ok && l.native[in[e.Event()]] { // of which only the moment counts
		args := slices.Clone(in)
		args[e.Event()] = l.last(in[e.Event()])
		return dst.Apply(n.Op, args...)
	}
	if elementwise(n) && l.joins(n.Out[0], in) {
		args := slices.Clone(in)
		for i, v := range in {
			if len(v.Shape) == 4 {
				args[i] = l.last(v)
			}
		}
		return l.facades(dst.Apply(n.Op, args...), []int{0})
	}
	if alongBatch(n) && slices.ContainsFunc(in, func(v *ir.Value) bool { return l.native[v] }) {
		args := slices.Clone(in)
		for i, v := range in {
			if len(v.Shape) == 4 {
				args[i] = l.last(v)
			}
		}
		parts := dst.Apply(n.Op, args...)
		maps := make([]int, len(parts))
		for i := range maps {
			maps[i] = i
		}
		return l.facades(parts, maps)
	}
	return nil
}

// joins reports whether an elementwise operator lies in a region: one of its inputs does, and all are maps of the same shape or single
// numbers.
func (l *lastLayout) joins(out *ir.Value, in []*ir.Value) bool {
	found := false
	for _, v := range in {
		switch {
		case v == nil:
			return false
		case len(v.Shape) == 4 && v.Shape.Equal(out.Shape):
			found = found || l.native[v]
		case len(v.Shape) > 1 || !v.Shape.Static() || v.Shape.Elems() != 1:
			return false
		}
	}
	return found
}

// last is v with the channels last.
func (l *lastLayout) last(v *ir.Value) *ir.Value {
	if l.of[v] == nil {
		l.of[v] = op.Transpose(v, 0, 2, 3, 1)
	}
	return l.of[v]
}

// facades replaces the maps among the values by what stands for them in the rest of the graph.
func (l *lastLayout) facades(values []*ir.Value, maps []int) []*ir.Value {
	out := slices.Clone(values)
	for _, i := range maps {
		out[i] = op.Transpose(values[i], 0, 3, 1, 2)
		l.of[out[i]], l.native[out[i]] = values[i], true
	}
	return out
}
