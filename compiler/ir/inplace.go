package ir

import (
	"fmt"
	"slices"
)

// Pair is a state tensor of a training graph: the input that holds the old value and the output that holds the new one.
type Pair struct{ In, Out *Value }

// Hazard is a pair that must not share a buffer, and why.
type Hazard struct {
	Pair
	Reason string
}

func (h Hazard) String() string { return valueName(h.In) + " -> " + valueName(h.Out) + ": " + h.Reason }

// VerifyInPlace returns the pairs whose output must not be bound to its input's buffer; the runtime swaps the buffers of these.
//
// An executor may run the nodes in any topological order, and the update (the node that computes Out) overwrites In. So a pair is
// safe exactly when all of this holds, in the graph with every function inlined, where "view of In" means In or what an
// executor may alias with it (see mayView):
//
//  1. In is an input, Out an output that a standard operator computes or a function that says that it may (see below), their types are equal, and no other pair has either.
//  2. The update writes element i after it read element i of In and reads nothing else of it: it is Where with views of In as
//     full-size branches, or ScatterND with In as data, or it does not read views of In at all.
//  3. Every other node that reads a view of In is an ancestor of the update, so that every order runs it before. Ancestors of ok are,
//     because of rule 4: what must be read of the old state, a metric for instance, is safe when ok depends on it.
//  4. ok is an ancestor of the update, so that nothing is overwritten before the step is known to be good. A nil ok waives this.
//  5. No view of In is an output.
//
// A function with a method InStep(output int) (input int) promises for its kernel that output and input may be one buffer: an element of the input is read before that of
// the output is written, and nothing else of it afterwards. The rules above hold for its body besides.
//
// The graph must pass [Verify]; ok is a value of g.
func VerifyInPlace(g *Graph, pairs []Pair, ok *Value) []Hazard {
	a := newAnalysis(g, pairs, ok)
	var hazards []Hazard
	seen := map[*Value]bool{}
	for _, p := range pairs {
		reason := ""
		if seen[p.In] || seen[p.Out] {
			reason = "another pair has the same input or output"
		} else {
			reason = a.hazard(p)
		}
		seen[p.In], seen[p.Out] = true, true
		if reason != "" {
			hazards = append(hazards, Hazard{p, reason})
		}
	}
	return hazards
}

// analysis holds what the pairs of one graph share. flat is g without functions.
type analysis struct {
	g, flat *Graph
	ok      *Value             // in flat; nil: waived
	readers map[*Value][]*Node // of the old values of pairs, and of what may view them
	before  map[*Node]bool     // what computes ok, and its ancestors
	after   map[*Node]bool     // nodes that depend on ok
}

func newAnalysis(g *Graph, pairs []Pair, ok *Value) *analysis {
	flat := InlineFunctions(g, nil)
	a := &analysis{g: g, flat: flat, readers: map[*Value][]*Node{}, before: make(map[*Node]bool, len(flat.Nodes)), after: map[*Node]bool{}}
	for _, p := range pairs {
		if i := slices.Index(g.Inputs, p.In); i >= 0 {
			a.readers[flat.Inputs[i]] = nil
		}
	}
	for _, v := range definitions(flat) {
		if ok != nil && v.Name == ok.Name {
			a.ok = v
		}
	}
	for _, n := range flat.Nodes {
		for _, v := range n.In {
			if v == nil {
				continue
			}
			if list, old := a.readers[v]; old && !slices.Contains(list, n) {
				a.readers[v] = append(list, n)
				for _, o := range n.Out {
					if mayView(n, v, o) {
						a.readers[o] = nil
					}
				}
			}
			if v == a.ok || a.after[v.Def] {
				a.after[n] = true
			}
		}
	}
	if a.ok != nil && a.ok.Def != nil {
		a.before[a.ok.Def] = true
		ancestors(a.ok.Def, nil, a.before)
	}
	return a
}

// ancestors adds to set the nodes that n depends on. It leaves out those of known, which holds the ancestors of its own nodes.
func ancestors(n *Node, known, set map[*Node]bool) {
	for stack := []*Node{n}; len(stack) > 0; {
		n, stack = stack[len(stack)-1], stack[:len(stack)-1]
		for _, v := range n.In {
			if v != nil && v.Def != nil && !known[v.Def] && !set[v.Def] {
				set[v.Def] = true
				stack = append(stack, v.Def)
			}
		}
	}
}

// hazard says why p is not safe; "" when it is.
func (a *analysis) hazard(p Pair) string {
	i, o := slices.Index(a.g.Inputs, p.In), slices.Index(a.g.Outputs, p.Out)
	switch {
	case i < 0 || o < 0 || p.Out.Def == nil:
		return "not an input and a computed output of the graph"
	case !p.In.Type.Equal(p.Out.Type):
		return fmt.Sprintf("the types %s and %s differ", p.In.Type, p.Out.Type)
	case IsFunction(p.Out.Def.Op) && !promisesInStep(p):
		return "the function " + p.Out.Def.Op.Name() + " computes the output, and may write before it has read"
	}
	update := a.flat.Outputs[o].Def
	known := map[*Node]bool{}
	switch {
	case a.after[update]:
		known = a.before // all of them are ancestors of the update: no need to walk there again
	case a.ok != nil:
		return "the update does not depend on " + valueName(a.ok)
	}
	own := map[*Node]bool{}
	ancestors(update, known, own)
	for _, v := range a.views(a.flat.Inputs[i], update) {
		if slices.Contains(a.flat.Outputs, v) {
			return "the old value is an output, " + valueName(v)
		}
		for _, n := range a.readers[v] {
			switch {
			case n == update && !readsInStep(n, v):
				return fmt.Sprintf("the update, %s, does not read %s element by element", n.Op.Name(), valueName(v))
			case n != update && !known[n] && !own[n]:
				return fmt.Sprintf("%s (%s) reads %s and may run after the update", valueName(n.Out[0]), n.Op.Name(), valueName(v))
			}
		}
	}
	return ""
}

// promisesInStep reports whether the function that computes the pair's output promises that it may share the input's buffer, which it is given once.
func promisesInStep(p Pair) bool {
	f, ok := p.Out.Def.Op.(interface{ InStep(output int) (input int) })
	if !ok {
		return false
	}
	i := f.InStep(p.Out.Index)
	given := 0
	for _, v := range p.Out.Def.In {
		if v == p.In {
			given++
		}
	}
	return given == 1 && i < len(p.Out.Def.In) && p.Out.Def.In[i] == p.In
}

// views lists v and what may share its buffer, but nothing that the update computes.
func (a *analysis) views(v *Value, update *Node) []*Value {
	list := []*Value{v}
	for k := 0; k < len(list); k++ {
		for _, n := range a.readers[list[k]] {
			for _, o := range n.Out {
				if n != update && mayView(n, list[k], o) && !slices.Contains(list, o) {
					list = append(list, o)
				}
			}
		}
	}
	return list
}

// viewers are the operators whose output may be their input's buffer. Those with true can pass their data on whatever their other
// inputs are: an executor aliases reshapes, and removes the rest where its arguments make it do nothing. Those with false do so only
// beside constants (x + 0, x * 1).
var viewers = map[string]bool{
	"Identity": true, "Reshape": true, "Squeeze": true, "Unsqueeze": true, "Flatten": true, "Cast": true, "Dropout": true,
	"Transpose": true, "Slice": true, "Expand": true, "Pad": true, "Tile": true, "Concat": true, "Split": true,
	"Add": false, "Sub": false, "Mul": false, "Div": false, "Pow": false, "Sum": false, "Max": false, "Min": false, "Clip": false,
}

// mayView reports whether out, an output of n, may be the buffer of n's input in.
func mayView(n *Node, in, out *Value) bool {
	always, ok := viewers[n.Op.Name()]
	if !ok || in.DType != out.DType {
		return false
	}
	if in.Shape.Static() && out.Shape.Static() && in.Shape.Elems() != out.Shape.Elems() {
		return false
	}
	return always || !slices.ContainsFunc(n.In, func(v *Value) bool { return v != nil && v != in && v.Const() == nil })
}

// readsInStep reports whether n reads element i of v, and nothing else of it, before it writes element i of its output.
func readsInStep(n *Node, v *Value) bool {
	for i, u := range n.In {
		if u != v {
			continue
		}
		switch n.Op.Name() {
		case "Where":
			if i == 0 || !u.Shape.Static() || u.Shape.Elems() != n.Out[0].Shape.Elems() {
				return false
			}
		case "ScatterND":
			if i != 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}
