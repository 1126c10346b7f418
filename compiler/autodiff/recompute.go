package autodiff

import (
	"path"
	"slices"
	"strings"

	"ssc/compiler/ir"
)

// scope is what the names of values begin with that are computed a second time.
const scope = "recompute/"

// Recomputed reports whether a node computes again what the forward part has computed.
func Recomputed(n *ir.Node) bool { return strings.HasPrefix(n.Out[0].Name, scope) }

// smallest is the share of a part's largest value below which a value is kept: statistics of a norm take no memory worth their time.
const smallest = 1.0 / 64

// part is a part of the forward graph whose values are not kept for the backward sweep but computed again from those that it begins with.
type part struct {
	nodes []*ir.Node
	again map[*ir.Value]*ir.Value // nil: the sweep has not reached the part
}

// parts says which node is of which part.
func parts(lists [][]*ir.Node) map[*ir.Node]*part {
	out := map[*ir.Node]*part{}
	for _, nodes := range lists {
		p := &part{nodes: nodes}
		for _, n := range nodes {
			out[n] = p
		}
	}
	return out
}

// recomputed is a node with the values that its gradient is made of: for a node of a part those that are computed again, which happens when the first gradient arrives.
func (s *sweep) recomputed(n *ir.Node, dy []*ir.Value) *ir.Node {
	p := s.parts[n]
	if p == nil {
		return n
	}
	if p.again == nil {
		for _, d := range dy {
			if d != nil {
				s.repeat(p, d)
				break
			}
		}
	}
	return &ir.Node{Op: n.Op, In: p.replaced(n.In), Out: p.replaced(n.Out), Range: n.Range}
}

func (p *part) replaced(values []*ir.Value) []*ir.Value {
	out := make([]*ir.Value, len(values))
	for i, v := range values {
		if out[i] = v; p.again[v] != nil {
			out[i] = p.again[v]
		}
	}
	return out
}

// repeat computes the values of a part again, once event is there. What nobody reads in the end is left to the passes.
func (s *sweep) repeat(p *part, event *ir.Value) {
	p.again = map[*ir.Value]*ir.Value{}
	kept := s.kept(p)
	for _, n := range p.nodes {
		if !slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return !kept[v] }) {
			continue
		}
		in := p.replaced(n.In)
		if slices.Equal(in, n.In) && !s.delay(in, event) {
			continue // it is made of nothing that could wait
		}
		back := s.graph.At(n.Range)
		leave := s.graph.SetScope(scope + path.Dir(n.Out[0].Name))
		for i, v := range s.graph.Apply(n.Op, in...) {
			if !kept[n.Out[i]] {
				p.again[n.Out[i]] = v
			}
		}
		leave()
		back()
	}
}

// kept are the values of a part that stay: those that are read outside of it, small ones and constants.
func (s *sweep) kept(p *part) map[*ir.Value]bool {
	inside := map[*ir.Node]bool{}
	largest := int64(0)
	for _, n := range p.nodes {
		inside[n] = true
		for _, v := range n.Out {
			largest = max(largest, v.Type.Bytes())
		}
	}
	kept := map[*ir.Value]bool{}
	for _, n := range p.nodes {
		for _, v := range n.Out {
			kept[v] = v.Const() != nil || float64(v.Type.Bytes()) <= smallest*float64(largest)
		}
	}
	for _, n := range s.forward {
		for _, v := range n.In {
			if v != nil && v.Def != nil && inside[v.Def] && !inside[n] {
				kept[v] = true
			}
		}
	}
	return kept
}

// delay makes the smallest input that is computed or given wait for the event, and reports whether there is one.
func (s *sweep) delay(in []*ir.Value, event *ir.Value) bool {
	at := -1
	for i, v := range in {
		if v != nil && v.Const() == nil && v.DType.IsFloat() && len(v.Shape) > 0 && (at < 0 || v.Type.Bytes() < in[at].Type.Bytes()) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	defer s.graph.SetScope(scope + "wait")()
	in[at] = s.b.After(in[at], event)
	return true
}
