package nn

import "ssc/compiler/ir"

// Recomputed begins a part of the network, a residual block say, whose values are computed again in the backward part instead of being kept, if the pipeline asks for it. It ends when the returned function
// is called: defer s.Recomputed()(). Parts do not overlap.
func (s Scope) Recomputed() func() {
	b := s.B
	if !b.Recompute || !b.Training {
		return func() {}
	}
	from := len(b.G.Nodes)
	return func() { b.again = append(b.again, [2]int{from, len(b.G.Nodes)}) }
}

// Again are the nodes of the parts that are to be recomputed.
func (b *Builder) Again() (parts [][]*ir.Node) {
	for _, p := range b.again {
		parts = append(parts, b.G.Nodes[p[0]:p[1]])
	}
	return parts
}
