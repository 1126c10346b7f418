// Package autodiff differentiates graphs in reverse mode. It names no operator: every operator brings its own gradient
// (ir.Op.Grad), and what the sweep itself has to build, it is given as a [Builder].
//
// The sweep visits the nodes that lie between the wanted values and the loss, last first, adds up the gradients that reach a value
// from its readers in the order of the readers, and undoes broadcasting in one place: a gradient whose shape is larger than its value's is summed
// over the repeated axes. Emission order of the gradient nodes is the reverse of the forward order.
package autodiff

import (
	"fmt"

	"ssc/compiler/ir"
)

// Builder makes the few values that the sweep itself needs.
type Builder struct {
	// Add is the sum of two values of equal shape.
	Add func(a, b *ir.Value) *ir.Value
	// SumTo sums v over the axes along which a value of shape s was repeated to give v's shape.
	SumTo func(v *ir.Value, s ir.Shape) *ir.Value
	// Ones is a tensor of ones like v.
	Ones func(v *ir.Value) *ir.Value
	// After is v, given out no sooner than event has been computed; asked for where values are computed again.
	After func(v, event *ir.Value) *ir.Value
}

// Gradient appends to the loss's graph the gradients of loss, which must be a scalar, with respect to the values wrt. A value that loss does
// not depend on, or only through operators that are not differentiable, has a nil gradient.
//
// Of each of the lists of nodes that follow, which stand together in the graph, only the values are kept that others read, and what is small: where the sweep needs the rest it computes it again, from
// what the nodes begin with, when the first gradient reaches them (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost). The gradients are the same, bit by bit.
func Gradient(b Builder, loss *ir.Value, wrt []*ir.Value, again ...[]*ir.Node) ([]*ir.Value, error) {
	if len(loss.Shape) != 0 {
		return nil, fmt.Errorf("the loss must be a scalar, not %s", loss.Type)
	}
	s := sweep{b: b, graph: loss.Graph(), grad: map[*ir.Value]*ir.Value{loss: b.Ones(loss)}, parts: parts(again)}
	s.needed(wrt)
	s.forward = s.graph.Nodes
	for i := len(s.forward) - 1; i >= 0; i-- {
		if err := s.node(s.forward[i]); err != nil {
			return nil, err
		}
	}
	out := make([]*ir.Value, len(wrt))
	for i, v := range wrt {
		out[i] = s.grad[v]
	}
	return out, nil
}

type sweep struct {
	b     Builder
	graph *ir.Graph
	need  map[*ir.Value]bool // values through which a wanted value reaches the loss
	grad  map[*ir.Value]*ir.Value

	forward []*ir.Node         // of the graph before the sweep
	parts   map[*ir.Node]*part // whose values are computed again
}

// needed marks everything that depends on a wanted value.
func (s *sweep) needed(wrt []*ir.Value) {
	s.need = map[*ir.Value]bool{}
	for _, v := range wrt {
		s.need[v] = true
	}
	for _, n := range s.graph.Nodes {
		for _, v := range n.In {
			if v != nil && s.need[v] {
				for _, o := range n.Out {
					s.need[o] = true
				}
				break
			}
		}
	}
}

// node sends the gradients of n's outputs to its inputs.
func (s *sweep) node(n *ir.Node) error {
	dy := make([]*ir.Value, len(n.Out))
	reached, wanted := false, false
	for i, o := range n.Out {
		dy[i] = s.grad[o]
		reached = reached || dy[i] != nil
	}
	for _, v := range n.In {
		wanted = wanted || v != nil && s.need[v]
	}
	if !reached || !wanted {
		return nil
	}
	defer s.graph.At(n.Range)()
	from := s.recomputed(n, dy)
	defer s.graph.SetScope("grad")()
	dx := n.Op.Grad(from, dy)
	if dx == nil {
		return nil
	}
	if len(dx) != len(n.In) {
		return fmt.Errorf("%s has %d inputs and gave %d gradients", n.Op.Name(), len(n.In), len(dx))
	}
	for i, v := range n.In {
		if v == nil || dx[i] == nil || !s.need[v] || !v.DType.IsFloat() {
			continue
		}
		d := dx[i]
		if !d.Shape.Equal(v.Shape) {
			d = s.b.SumTo(d, v.Shape)
		}
		if have := s.grad[v]; have != nil {
			d = s.b.Add(have, d)
		}
		s.grad[v] = d
	}
	return nil
}
