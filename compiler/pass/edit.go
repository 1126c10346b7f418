package pass

import (
	"fmt"
	"path"

	"ssc/compiler/ir"
)

// editor changes a graph in place while it walks over the nodes in order. Values that survive keep their identity, no shape rule runs
// again, and what a rule builds stands right before the node that it is built for.
type editor struct {
	g       *ir.Graph
	moved   map[*ir.Value]*ir.Value // what stands for a value that was removed
	outputs map[*ir.Value]int       // positions among the graph's outputs
	changed bool
}

// sweep offers every node to rule, which returns the values that replace the node's outputs, of the same types and built or found in
// the graph, or nil. It reports whether anything changed. What rule builds carries the node's source range and scope.
func sweep(g *ir.Graph, rule func(n *ir.Node) []*ir.Value) bool {
	e := &editor{g: g, moved: map[*ir.Value]*ir.Value{}, outputs: map[*ir.Value]int{}}
	for i, v := range g.Outputs {
		e.outputs[v] = i
	}
	old := g.Nodes
	g.Nodes = make([]*ir.Node, 0, len(old))
	for _, n := range old {
		for i, v := range n.In {
			if u := e.moved[v]; u != nil {
				n.In[i] = u
			}
		}
		e.visit(n, rule)
	}
	return e.changed
}

// visit applies rule to n until it has nothing to say, and puts n, or what replaces it, at the end of the graph.
func (e *editor) visit(n *ir.Node, rule func(n *ir.Node) []*ir.Value) {
	defer e.g.SetScope(e.g.Scope())()
	defer e.g.At(n.Range)()
	for {
		start := len(e.g.Nodes)
		scoped(e.g, n.Out[0].Name)
		out := rule(n)
		switch {
		case out == nil:
			e.g.Nodes = append(e.g.Nodes[:start], n)
			return
		case e.become(n, out, start):
			e.changed = true
		case e.replace(n, out, start):
			e.changed = true
			return
		default:
			e.g.Nodes = append(e.g.Nodes[:start], n)
			return
		}
	}
}

// scoped makes the scope of the name the graph's.
func scoped(g *ir.Graph, name string) {
	scope := path.Dir(name)
	if scope == "." {
		scope = ""
	}
	_ = g.SetScope(scope)
}

// become turns n into the node that was built last, if that computes n's only output: n keeps its place, its name and its readers.
func (e *editor) become(n *ir.Node, out []*ir.Value, start int) bool {
	last := len(e.g.Nodes) - 1
	if len(n.Out) != 1 || last < start || out[0].Def != e.g.Nodes[last] || len(out[0].Def.Out) != 1 {
		return false
	}
	checkTypes(n, out)
	n.Op, n.In = out[0].Def.Op, out[0].Def.In
	e.g.Nodes = e.g.Nodes[:last]
	return true
}

// replace lets others stand for n's outputs. A graph output keeps its name: the value that stands for it takes the name over. It is
// false, and nothing happens, where that cannot be, because the value is an input or an output itself.
func (e *editor) replace(n *ir.Node, out []*ir.Value, start int) bool {
	checkTypes(n, out)
	taken := map[*ir.Value]bool{}
	for i, v := range n.Out {
		if _, ok := e.outputs[v]; !ok {
			continue
		}
		if _, isOutput := e.outputs[out[i]]; isOutput || out[i].Def == nil || taken[out[i]] {
			return false
		}
		taken[out[i]] = true
	}
	built := map[*ir.Node]bool{}
	for _, b := range e.g.Nodes[start:] {
		built[b] = true
	}
	for i, v := range n.Out {
		u := out[i]
		k, isOutput := e.outputs[v]
		if isOutput {
			delete(e.outputs, v)
			e.outputs[u], e.g.Outputs[k] = k, u
		}
		if isOutput || built[u.Def] {
			u.Name, v.Name = v.Name, u.Name
		}
		e.moved[v] = u
	}
	return true
}

func checkTypes(n *ir.Node, out []*ir.Value) {
	if len(out) != len(n.Out) {
		panic(fmt.Sprintf("pass: %d values replace the %d outputs of %s", len(out), len(n.Out), n.Op.Name()))
	}
	for i, v := range n.Out {
		if !out[i].Valid() || !out[i].Type.Equal(v.Type) {
			panic(fmt.Sprintf("pass: %s replaces %s, an output of %s", out[i], v, n.Op.Name()))
		}
	}
}

// key is the name under which tables list an operator: a function's with its domain.
func key(o ir.Op) string {
	if ir.IsFunction(o) {
		return ir.Domain + "." + o.Name()
	}
	return o.Name()
}
