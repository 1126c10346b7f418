package pass

import (
	"fmt"
	"slices"

	"ssc/compiler/ir"
)

// nchw is the only layout there is: [batch, channel, height, width], the last axis contiguous. Kernels that want channels last will
// bring a second one, and with it Transposes where regions meet.
const nchw = "nchw"

// Layouts says how the images and feature maps of a graph lie in memory.
type Layouts struct {
	// Of has the layout of every value of four axes.
	Of map[*ir.Value]string
	// Moves are the Transposes of such values that take the channel axis elsewhere or back. All of them are the model's own.
	Moves []*ir.Node
}

// Layout assigns the layouts. The error names an operator that wants one that is not supported: an operator says so by a method
// Layout() string.
func Layout(g *ir.Graph) (Layouts, error) {
	l := Layouts{Of: map[*ir.Value]string{}}
	place := func(values []*ir.Value) {
		for _, v := range values {
			if len(v.Shape) == 4 {
				l.Of[v] = nchw
			}
		}
	}
	place(g.Inputs)
	for _, n := range g.Nodes {
		if w, ok := n.Op.(interface{ Layout() string }); ok && w.Layout() != nchw {
			return Layouts{}, fmt.Errorf("%s of %s wants the layout %s; only %s is supported", n.Op.Name(), n.Out[0], w.Layout(), nchw)
		}
		place(n.Out)
		if key(n.Op) == "Transpose" && len(n.Out[0].Shape) == 4 && slices.Index(permutation(n), 1) != 1 {
			l.Moves = append(l.Moves, n)
		}
	}
	return l, nil
}

// layout is the pass: with one layout there is nothing to insert, only to check.
func layout(g *ir.Graph) (bool, error) {
	_, err := Layout(g)
	return false, err
}
