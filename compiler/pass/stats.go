package pass

import (
	"slices"

	"ssc/compiler/ir"
)

// Cost is the work of a node: floating-point operations and the bytes of memory that it reads and writes, each input and output once.
//
// An operator knows its operations by a method FLOPs(*ir.Node) int64, where a multiplication and an addition count as two; a function
// without one costs what its body costs; for every other operator it is one per element of its outputs. Constants and views cost
// nothing. Symbolic axes count as 1: the cost is then that of one sample.
func Cost(n *ir.Node) (flops, bytes int64) { return bodies{}.cost(n) }

// Total is the cost of all nodes, or of those for which every one of the conditions holds.
func Total(g *ir.Graph, only ...func(*ir.Node) bool) (flops, bytes int64) {
	return bodies{}.total(g, only...)
}

// bodies holds what is known of the bodies of function calls.
type bodies map[*ir.Graph]*body

type body struct {
	graph *ir.Graph
	flops int64    // -1: not known yet
	code  *program // nil: not made yet
}

// of is the body of a call, nil when n is none.
func (b bodies) of(n *ir.Node) *body {
	f, ok := n.Op.(ir.Function)
	if !ok {
		return nil
	}
	g, err := ir.BodyOf(f, n.In)
	if err != nil {
		panic("pass: " + err.Error()) // the shape rule has accepted the call
	}
	if b[g] == nil {
		b[g] = &body{graph: g, flops: -1}
	}
	return b[g]
}

func (b bodies) total(g *ir.Graph, only ...func(*ir.Node) bool) (flops, bytes int64) {
	for _, n := range g.Nodes {
		if slices.ContainsFunc(only, func(is func(*ir.Node) bool) bool { return !is(n) }) {
			continue
		}
		f, m := b.cost(n)
		flops, bytes = flops+f, bytes+m
	}
	return flops, bytes
}

func (b bodies) cost(n *ir.Node) (flops, bytes int64) {
	if n.Out[0].Const() != nil || isView(n) {
		return 0, 0
	}
	for _, v := range n.In {
		if v != nil {
			bytes += v.Type.Bytes()
		}
	}
	for _, v := range n.Out {
		bytes += v.Type.Bytes()
		flops += v.Shape.Size()
	}
	if o, ok := n.Op.(interface{ FLOPs(*ir.Node) int64 }); ok {
		return o.FLOPs(n), bytes
	}
	if call := b.of(n); call != nil {
		if call.flops < 0 {
			call.flops, _ = b.total(call.graph)
		}
		flops = call.flops
	}
	return flops, bytes
}
