package pass

import (
	"fmt"
	"reflect"
	"slices"

	"ssc/compiler/ir"
)

// The layouts of images and feature maps: [batch, channel, height, width] and [batch, height, width, channel], the last axis contiguous. Components build the first;
// ChannelsLast turns regions into the second.
const (
	nchw = "nchw"
	nhwc = "nhwc"
)

// Layouts says how the images and feature maps of a graph lie in memory.
type Layouts struct {
	// Of has the layout of every value of four axes.
	Of map[*ir.Value]string
	// Moves are the Transposes of such values that take the channel axis elsewhere or back: where a region of one layout meets another, and the model's own.
	Moves []*ir.Node
}

// Layout finds the layouts. The error names an operator that wants one that is not supported: an operator says so by a method
// Layout() string.
func Layout(g *ir.Graph) (Layouts, error) {
	l := Layouts{Of: map[*ir.Value]string{}}
	place := func(values []*ir.Value, layout string) {
		for _, v := range values {
			if len(v.Shape) == 4 {
				l.Of[v] = layout
			}
		}
	}
	place(g.Inputs, nchw)
	for _, n := range g.Nodes {
		if w, ok := n.Op.(interface{ Layout() string }); ok && w.Layout() != nchw {
			return Layouts{}, fmt.Errorf("%s of %s wants the layout %s; only %s is supported", n.Op.Name(), n.Out[0], w.Layout(), nchw)
		}
		place(n.Out, l.of(n))
		if key(n.Op) == "Transpose" && len(n.Out[0].Shape) == 4 && slices.Index(permutation(n), 1) != 1 {
			l.Moves = append(l.Moves, n)
		}
	}
	return l, nil
}

// of is the layout of what n computes.
func (l Layouts) of(n *ir.Node) string {
	if m, ok := n.Op.(mover); ok {
		if last, _, out := m.ChannelsLast(); len(out) > 0 && reflect.DeepEqual(n.Op, last) {
			return nhwc
		}
	}
	switch {
	case elementwise(n):
		for _, v := range n.In {
			if v != nil && len(v.Shape) == 4 {
				return l.Of[v]
			}
		}
	case key(n.Op) == "Transpose" && slices.Equal(permutation(n), []int{0, 2, 3, 1}):
		return nhwc
	}
	return nchw
}

// layout is the pass: regions are made before the graph is cleaned, so that here is nothing to insert, only to check.
func layout(g *ir.Graph) (bool, error) {
	_, err := Layout(g)
	return false, err
}
