package ir

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Copy appends copies of nodes to dst: same operators, source ranges, and names where these are free. Inputs are looked up in
// subst, which the copies' outputs are added to; a value that is not in it must belong to dst already. Shape rules run again, so
// that inputs may have other types than the original; one that fails is a diagnostic of dst.
func Copy(dst *Graph, nodes []*Node, subst map[*Value]*Value) {
	for _, n := range nodes {
		names := make([]string, len(n.Out))
		for i, v := range n.Out {
			names[i] = dst.fresh(v.Name)
		}
		for i, v := range dst.copyNode(n, substitute(n.In, subst), names) {
			subst[n.Out[i]] = v
		}
	}
}

// Rewrite returns a copy of g in which f had its say at every node, in order: in are the copies of n's inputs in dst; f returns
// the values that replace n's outputs, of the same types, built in dst or found there, or nil to have n copied. What f builds
// carries n's source range and the scope of its name; values that it builds and returns take the names of n's outputs.
//
// An output of g keeps its name in any case: where f returns, for an output of g, a value that it did not build (and that
// therefore has its own name), the replacement is dropped and n is copied. Nodes that nobody reads any more stay.
func Rewrite(g *Graph, f func(dst *Graph, n *Node, in []*Value) []*Value) *Graph {
	dst, subst := g.begin()
	outputs := map[*Value]bool{}
	for _, v := range g.Outputs {
		outputs[v] = true
	}
	for _, n := range g.Nodes {
		in := substitute(n.In, subst)
		start := len(dst.Nodes)
		dst.rng, dst.scope = n.Range, path.Dir(n.Out[0].Name)
		if dst.scope == "." {
			dst.scope = ""
		}
		out := f(dst, n, in)
		if out == nil || !dst.adopt(n, out, dst.Nodes[start:], outputs) {
			dst.Nodes = dst.Nodes[:start]
			names := make([]string, len(n.Out))
			for i, v := range n.Out {
				names[i] = v.Name
			}
			out = dst.copyNode(n, in, names)
		}
		for i, v := range n.Out {
			subst[v] = out[i]
		}
	}
	dst.Outputs = substitute(g.Outputs, subst)
	dst.rng, dst.scope = g.rng, g.scope
	return dst
}

// begin is a graph with copies of g's inputs alone, and what stands for them. Names of g are taken.
func (g *Graph) begin() (dst *Graph, subst map[*Value]*Value) {
	dst = &Graph{Name: g.Name, Diags: slices.Clone(g.Diags), names: maps.Clone(g.names), bodies: g.bodies}
	subst = make(map[*Value]*Value, len(g.Inputs)+len(g.Nodes))
	for _, v := range g.Inputs {
		c := *v
		c.graph = dst
		dst.Inputs = append(dst.Inputs, &c)
		subst[v] = &c
	}
	return dst, subst
}

// adopt gives the replacements of n's outputs their names. It is false when an output of the graph would lose its name.
func (g *Graph) adopt(n *Node, out []*Value, built []*Node, outputs map[*Value]bool) bool {
	if len(out) != len(n.Out) {
		panic(fmt.Sprintf("ir: rewriting %s: %d values replace %d outputs", n.Op.Name(), len(out), len(n.Out)))
	}
	isNew := func(i int) bool { return slices.Contains(built, out[i].Def) && slices.Index(out, out[i]) == i }
	for i, v := range n.Out {
		if !out[i].Type.Equal(v.Type) && v.Valid() {
			panic(fmt.Sprintf("ir: rewriting %s: %s replaces %s", n.Op.Name(), out[i], v))
		}
		if outputs[v] && !isNew(i) {
			return false
		}
	}
	for i, v := range n.Out {
		if isNew(i) {
			out[i].Name = v.Name
		}
	}
	return true
}

func substitute(in []*Value, subst map[*Value]*Value) []*Value {
	out := make([]*Value, len(in))
	for i, v := range in {
		out[i] = v
		if c, ok := subst[v]; ok {
			out[i] = c
		}
	}
	return out
}

// copyNode appends n with other inputs. Axis names that somebody gave to the original's outputs are kept.
func (g *Graph) copyNode(n *Node, in []*Value, names []string) []*Value {
	old := g.rng
	g.rng = n.Range
	types, ok := g.infer(n.Op, in)
	g.rng = old
	for len(names) < len(types) {
		names = append(names, g.fresh(g.base(n.Op)))
	}
	for i := range min(len(types), len(n.Out)) {
		if types[i].Equal(n.Out[i].Type) {
			types[i] = n.Out[i].Type
		}
	}
	return g.add(&Node{Op: n.Op, In: in, Range: n.Range}, types, names, !ok)
}

// InlineFunctions returns g with every function call replaced by its body, also inside bodies; functions for which keep holds
// stay as they are (nil keeps none). The nodes of a body carry the source range of the call, the names of its values begin with the call's.
// A function whose body does not fit its own shape rule is a bug and panics.
func InlineFunctions(g *Graph, keep func(Function) bool) *Graph {
	return InlineCalls(g, func(n *Node) bool { return keep != nil && keep(n.Op.(Function)) })
}

// InlineCalls is InlineFunctions where a call, and not its function alone, decides whether it stays.
func InlineCalls(g *Graph, keep func(call *Node) bool) *Graph {
	wanted := func(n *Node) bool { return IsFunction(n.Op) && !keep(n) && n.Out[0].Valid() }
	for slices.ContainsFunc(g.Nodes, wanted) {
		g = inlineOnce(g, wanted)
	}
	return g
}

// inlineOnce replaces the calls that are wanted by copies of their bodies. No shape rule runs: the types of a call's inputs are those of its body.
func inlineOnce(g *Graph, wanted func(*Node) bool) *Graph {
	dst, subst := g.begin()
	inner := map[*Value]*Value{} // what stands for the values of a body
	for _, n := range g.Nodes {
		if !wanted(n) {
			dst.clone(n, n.Range, subst, func(v *Value) string { return v.Name })
			continue
		}
		body, err := BodyOf(n.Op.(Function), n.In)
		if err != nil {
			panic("ir: " + err.Error())
		}
		clear(inner)
		formal := body.Inputs
		for _, v := range n.In {
			if v != nil {
				inner[formal[0]], formal = subst[v], formal[1:]
			}
		}
		for _, m := range body.Nodes {
			dst.clone(m, n.Range, inner, func(v *Value) string { return dst.fresh(n.Out[0].Name + "/" + v.Name) })
		}
		for i, v := range n.Out {
			out := inner[body.Outputs[i]]
			out.Name = v.Name
			subst[v] = out
		}
	}
	dst.Outputs = substitute(g.Outputs, subst)
	dst.rng, dst.scope = g.rng, g.scope
	return dst
}

// clone appends a copy of n whose inputs are in subst, and adds its outputs there.
func (g *Graph) clone(n *Node, rng hcl.Range, subst map[*Value]*Value, name func(*Value) string) {
	c := &Node{Op: n.Op, In: substitute(n.In, subst), Out: make([]*Value, len(n.Out)), Range: rng}
	for i, v := range n.Out {
		c.Out[i] = &Value{Name: name(v), Type: v.Type, Def: c, Index: i, Range: rng, graph: g, invalid: v.invalid}
		subst[v] = c.Out[i]
	}
	g.Nodes = append(g.Nodes, c)
}
