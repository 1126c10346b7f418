package pass

import (
	"cmp"
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
)

// program is a graph as an executor sees it: calls replaced by their bodies, constants set aside, everything numbered. ONNX Runtime
// gives the nodes of inlined bodies numbers behind those of all others, call by call; the steps stand in the order of these numbers.
type program struct {
	nodes  int // of the graph
	steps  []step
	values []slot
	class  map[class]int32
	kernel func(name string) bool // nil for none

	scratch func(call *ir.Node) fn.Scratch // of a kernel
}

// step is one node to execute.
type step struct {
	node    *ir.Node
	owner   int     // index of the graph's node that it is, or is part of
	depth   int     // 0 for a node of the graph, 1 in a body, 2 in a body of a body
	in, out []int32 // values; absent inputs are left out
	makers  []int32 // steps that compute an input, each once
	view    bool    // the output is the first input's memory
	inPlace bool    // the output may take over the first input's memory
	scratch fn.Scratch
}

// slot is a value.
type slot struct {
	bytes int64
	class int32 // of memory that can stand for its own
	held  bool  // an input, output or constant: its memory is not the executor's to give
}

// class is what two values must share for one to take over the other's memory: the size of an element, and the shape.
type class struct {
	element, rank int
	dims          [6]int
}

func classOf(t ir.Type) class {
	c := class{element: t.DType.Bytes(), rank: len(t.Shape)}
	for i, d := range t.Shape {
		if i < len(c.dims) {
			c.dims[i] = d.Size
		} else {
			c.dims[len(c.dims)-1] = c.dims[len(c.dims)-1]*1_000_003 + d.Size
		}
	}
	return c
}

// newProgram numbers the graph. Calls for which kernel holds stay what they are, one step each; with a nil cache all do.
func newProgram(g *ir.Graph, cache bodies, kernel func(name string) bool, scratch func(call *ir.Node) fn.Scratch) *program {
	p := &program{nodes: len(g.Nodes), class: map[class]int32{}, kernel: kernel, scratch: scratch}
	at := p.listing(g, cache)
	for _, v := range g.Outputs {
		p.values[at[v]].held = true
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.depth, b.depth) })
	p.link()
	return p
}

// listing appends the steps of g, calls in place, and returns the numbers of the values. Inputs come first, in order.
func (p *program) listing(g *ir.Graph, cache bodies) map[*ir.Value]int32 {
	at := make(map[*ir.Value]int32, len(g.Nodes))
	number := func(v *ir.Value, held bool) int32 {
		at[v] = int32(len(p.values))
		c := classOf(v.Type)
		id, ok := p.class[c]
		if !ok {
			id = int32(len(p.class))
			p.class[c] = id
		}
		p.values = append(p.values, slot{v.Type.Bytes(), id, held})
		return at[v]
	}
	for _, v := range g.Inputs {
		number(v, true)
	}
	for k, n := range g.Nodes {
		constant := n.Out[0].Const() != nil
		s := step{node: n, owner: k, view: isView(n), inPlace: inPlaces[key(n.Op)]}
		for _, v := range n.In {
			if v != nil {
				s.in = append(s.in, at[v])
			}
		}
		for _, v := range n.Out {
			s.out = append(s.out, number(v, constant))
		}
		if constant {
			continue
		}
		var call *body
		if cache != nil && (p.kernel == nil || !p.kernel(n.Op.Name())) {
			call = cache.of(n)
		}
		if call == nil {
			if p.kernel != nil && ir.IsFunction(n.Op) && p.kernel(n.Op.Name()) {
				s.scratch = p.scratch(n)
			}
			p.steps = append(p.steps, s)
			continue
		}
		if call.code == nil {
			call.code = &program{class: p.class, kernel: p.kernel, scratch: p.scratch}
			inner := call.code.listing(call.graph, cache)
			call.code.outputs(call.graph, inner)
		}
		p.splice(call.code, s)
	}
	return at
}

// outputs gives a body's outputs the last numbers, so that splice finds them.
func (p *program) outputs(g *ir.Graph, at map[*ir.Value]int32) {
	n := len(p.values)
	to := make([]int32, n)
	rank := make(map[int32]int, len(g.Outputs))
	for i, v := range g.Outputs {
		rank[at[v]] = i
	}
	next := int32(0)
	for i := range to {
		if k, ok := rank[int32(i)]; ok {
			to[i] = int32(n - len(g.Outputs) + k)
		} else {
			to[i] = next
			next++
		}
	}
	values := make([]slot, n)
	for i, v := range p.values {
		values[to[i]] = v
	}
	p.values = values
	for i := range p.steps {
		renumber(p.steps[i].in, to)
		renumber(p.steps[i].out, to)
	}
}

func renumber(list, to []int32) {
	for i, v := range list {
		list[i] = to[v]
	}
}

// splice appends the steps of a body in place of the call. The body's values are its inputs, its own, its outputs.
func (p *program) splice(code *program, call step) {
	to := make([]int32, 0, len(code.values))
	to = append(to, call.in...)
	for _, v := range code.values[len(call.in) : len(code.values)-len(call.out)] {
		to = append(to, int32(len(p.values)))
		p.values = append(p.values, v)
	}
	to = append(to, call.out...)
	for _, s := range code.steps {
		s.in, s.out = slices.Clone(s.in), slices.Clone(s.out)
		renumber(s.in, to)
		renumber(s.out, to)
		s.owner, s.depth = call.owner, s.depth+1
		p.steps = append(p.steps, s)
	}
}

// link finds the makers of every step.
func (p *program) link() {
	maker := make([]int32, len(p.values))
	for i := range maker {
		maker[i] = -1
	}
	for i, s := range p.steps {
		for _, v := range s.out {
			maker[v] = int32(i)
		}
	}
	for i := range p.steps {
		s := &p.steps[i]
		s.makers = nil
		for _, v := range s.in {
			if m := maker[v]; m >= 0 && !slices.Contains(s.makers, m) {
				s.makers = append(s.makers, m)
			}
		}
	}
}

// order simulates ONNX Runtime's execution order: a depth-first walk from the sinks, the one with the highest number first, that
// visits, before a step, its makers with the highest number first. rank holds the numbers of the steps.
func (p *program) order(rank []int32) []int32 {
	by := make([]int32, len(p.steps)) // steps by rank
	sink := make([]bool, len(p.steps))
	for i, r := range rank {
		by[r], sink[i] = int32(i), true
	}
	for _, s := range p.steps {
		for _, m := range s.makers {
			sink[m] = false
		}
	}
	var stack []int32 // a step to enter, or ^step to leave
	for _, i := range by {
		if sink[i] {
			stack = append(stack, i)
		}
	}
	seen, out := make([]bool, len(p.steps)), make([]int32, 0, len(p.steps))
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i < 0 {
			out = append(out, ^i)
			continue
		}
		if seen[i] {
			continue
		}
		seen[i] = true
		stack = append(stack, ^i)
		first := len(stack)
		for _, m := range p.steps[i].makers {
			if !seen[m] {
				stack = append(stack, m)
			}
		}
		if len(stack) > first+1 {
			slices.SortFunc(stack[first:], func(a, b int32) int { return cmp.Compare(rank[a], rank[b]) })
		}
	}
	return out
}

// ranks numbers the steps for a graph whose nodes are emitted at the given positions: first the graph's own nodes, then the bodies' of
// each depth, call by call.
func (p *program) ranks(position []int32) []int32 {
	rank := make([]int32, len(p.steps))
	next := int32(0)
	for i := 0; i < len(p.steps); {
		j := i
		for j < len(p.steps) && p.steps[j].depth == p.steps[i].depth {
			j++
		}
		start := make([]int32, p.nodes+1) // of the steps of the node at a position
		for _, s := range p.steps[i:j] {
			start[position[s.owner]+1]++
		}
		for k := range p.nodes {
			start[k+1] += start[k]
		}
		for k := i; k < j; k++ {
			at := &start[position[p.steps[k].owner]]
			rank[k] = next + *at
			*at++
		}
		next += int32(j - i)
		i = j
	}
	return rank
}
