package pass

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"ssc/compiler/ir"
)

// guardScope is where the names of the nodes begin that check whether gradients are finite.
const guardScope = "guard/"

// spread is how many guards, evenly spaced over the depth of the network, are tried as the first to be visited.
const spread = 8

// scheduleOpt chooses the order in which the nodes are emitted. ONNX Runtime does not follow it but walks depth-first from the sinks,
// last node first (see Order); so the order steers which of a node's inputs is computed first, and with that how long values live:
//
//   - Guards that are emitted in forward order are visited last layer first, and each pulls in the gradient of its layer: input and
//     weight gradients interleave, and activations die as the sweep goes back.
//   - A guard that is emitted last is visited first and pulls in all input gradients down to its layer. That pays where what one weight gradient
//     needs in between is larger than the activations. In backward order, this holds for all layers.
//   - The guard stands behind the updates, so that none of them runs, and waits for it, before it. What one update feeds (a weight, its
//     moments) stands together, so that its intermediate values die before the next update begins.
//
// The smallest simulated peak wins, the order that is there on a tie. From the best order on, the guard that is being computed when memory is
// highest is moved to where it is visited last, or first, as long as this lowers the peak. A second run changes nothing.
func scheduleOpt(g *ir.Graph) (bool, error) {
	s := newScheduler(g)
	if len(s.guards) == 0 {
		return false, nil
	}
	best := s.try(inOrder(len(g.Nodes)))
	better := func(order []int32) bool {
		t := s.try(order)
		if t.peak < best.peak {
			best = t
			return true
		}
		return false
	}
	better(s.arranged(false))
	interleaved := s.arranged(true)
	better(interleaved)
	for i := range spread {
		better(s.move(interleaved, s.guards[i*len(s.guards)/spread], false))
	}
	for better(s.move(best.order, best.guard, true)) || better(s.move(best.order, best.guard, false)) {
	}
	if slices.IsSorted(best.order) {
		return false, nil
	}
	nodes := make([]*ir.Node, len(g.Nodes))
	for i, k := range best.order {
		nodes[i] = g.Nodes[k]
	}
	g.Nodes = nodes
	return true, nil
}

// trial is an order of emission, by indices of nodes, and what the simulation says of it.
type trial struct {
	order []int32
	peak  int64
	guard int32 // the guard that is being computed when memory is highest; -1 for none
}

func (s *scheduler) try(order []int32) trial {
	position := make([]int32, len(order))
	for i, k := range order {
		position[k] = int32(i)
	}
	run := s.program.order(s.program.ranks(position))
	t := trial{order: order, guard: -1}
	var at int32
	t.peak, at = s.planner.peak(run)
	for _, i := range run[max(slices.Index(run, at), 0):] {
		if k := int32(s.program.steps[i].owner); s.gradient[k] > 0 {
			t.guard = k
			break
		}
	}
	return t
}

// move emits a guard before all others, so that it is visited last, or behind them.
func (s *scheduler) move(order []int32, which int32, last bool) []int32 {
	first, final := int32(-1), int32(0)
	keys := make([][3]int32, len(order))
	for i, k := range order {
		keys[k][0] = 2 * int32(i)
		if s.gradient[k] > 0 {
			if final = 2 * int32(i); first < 0 {
				first = final
			}
		}
	}
	if which >= 0 {
		if keys[which][0] = final + 1; last {
			keys[which][0] = first - 1
		}
	}
	return s.sorted(keys)
}

// maxOutputs is more than any node that computes a gradient has.
const maxOutputs = 64

// role is a node's part in a training step.
type role int8

const (
	forward role = iota // what the guard depends on: the loss and its gradients
	update              // what neither the guard depends on nor depends on the guard
	guard
	commit // what depends on the guard: outputs
)

// scheduler knows the dependencies of a graph by the indices of its nodes.
type scheduler struct {
	g        *ir.Graph
	program  *program
	planner  *planner
	index    map[*ir.Node]int32
	makers   [][]int32
	readers  [][]int32
	role     []role
	guards   []int32 // what checks a gradient, first layer first
	gradient []int32 // for these, a number that grows with the place of the gradient in the graph; 0 for others
	group    []int32 // for an update or commit, the first node of those that share values
}

func newScheduler(g *ir.Graph) *scheduler {
	n := len(g.Nodes)
	s := &scheduler{g: g, program: newProgram(g, bodies{}, nil, nil), index: make(map[*ir.Node]int32, n), makers: make([][]int32, n), readers: make([][]int32, n)}
	for i, node := range g.Nodes {
		s.index[node] = int32(i)
		for _, v := range node.In {
			if v == nil || v.Def == nil {
				continue
			}
			if m := s.index[v.Def]; !slices.Contains(s.makers[i], m) {
				s.makers[i] = append(s.makers[i], m)
				s.readers[m] = append(s.readers[m], int32(i))
			}
		}
	}
	s.planner = newPlanner(s.program)
	s.roles()
	s.groups()
	return s
}

func (s *scheduler) roles() {
	n := len(s.g.Nodes)
	isGuard, above, below := make([]bool, n), make([]bool, n), make([]bool, n)
	for i, node := range s.g.Nodes {
		isGuard[i] = strings.HasPrefix(node.Out[0].Name, guardScope)
		for _, m := range s.makers[i] {
			below[i] = below[i] || isGuard[m] || below[m]
		}
	}
	s.role, s.gradient = make([]role, n), make([]int32, n)
	for i := n - 1; i >= 0; i-- {
		for _, r := range s.readers[i] {
			above[i] = above[i] || isGuard[r] || above[r]
		}
		switch {
		case isGuard[i]:
			s.role[i] = guard
		case above[i]:
			s.role[i] = forward
		case below[i]:
			s.role[i] = commit
		default:
			s.role[i] = update
		}
	}
	for i, node := range s.g.Nodes {
		for _, v := range node.In {
			if s.role[i] != guard || v == nil || v.Def == nil {
				continue
			}
			if m := s.index[v.Def]; s.role[m] == forward {
				s.gradient[i] = max(s.gradient[i], maxOutputs*m+int32(v.Index)+1)
			}
		}
		if s.gradient[i] > 0 {
			s.guards = append(s.guards, int32(i))
		}
	}
	// Gradients are built from the last layer back, so one with a high index belongs to an early layer.
	slices.SortStableFunc(s.guards, func(a, b int32) int { return cmp.Compare(s.gradient[b], s.gradient[a]) })
}

// groups joins updates and commits that hand tensors to each other. Scalars that all updates share, such as a bias correction, do not join them.
func (s *scheduler) groups() {
	s.group = inOrder(len(s.g.Nodes))
	find := func(i int32) int32 {
		for s.group[i] != i {
			s.group[i] = s.group[s.group[i]]
			i = s.group[i]
		}
		return i
	}
	for i, n := range s.g.Nodes {
		for _, v := range n.In {
			if s.role[i] == forward || s.role[i] == guard || v == nil || v.Def == nil || len(v.Shape) == 0 {
				continue
			}
			if m := s.index[v.Def]; s.role[m] == update || s.role[m] == commit {
				a, b := find(int32(i)), find(m)
				s.group[max(a, b)] = min(a, b)
			}
		}
	}
	for i := range s.group {
		s.group[i] = find(int32(i))
	}
}

// arranged is the order by roles, updates before guards, with guards in forward or backward order. Nodes of the other roles keep their
// order among themselves, so that the graph that comes out has the same arrangements again.
func (s *scheduler) arranged(forwards bool) []int32 {
	keys := make([][3]int32, len(s.role))
	for i, r := range s.role {
		keys[i] = [3]int32{int32(r), 0, int32(i)}
		switch {
		case r == guard && forwards:
			keys[i][1] = -s.gradient[i]
		case r == guard:
			keys[i][1] = s.gradient[i]
		case r == commit:
			keys[i][1] = s.group[i]
		}
	}
	return s.sorted(keys)
}

// sorted is the topological order that takes, of the nodes that can come next, the one with the smallest key.
func (s *scheduler) sorted(keys [][3]int32) []int32 {
	ready := &queue{keys: keys}
	waits := make([]int, len(keys))
	for i, m := range s.makers {
		if waits[i] = len(m); len(m) == 0 {
			ready.list = append(ready.list, int32(i))
		}
	}
	heap.Init(ready)
	out := make([]int32, 0, len(keys))
	for len(ready.list) > 0 {
		i := heap.Pop(ready).(int32)
		out = append(out, i)
		for _, r := range s.readers[i] {
			if waits[r]--; waits[r] == 0 {
				heap.Push(ready, r)
			}
		}
	}
	return out
}

// queue is a heap of nodes by key.
type queue struct {
	keys [][3]int32
	list []int32
}

func (q *queue) Len() int { return len(q.list) }
func (q *queue) Less(a, b int) bool {
	x, y := q.keys[q.list[a]], q.keys[q.list[b]]
	return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(x[2], y[2])) < 0
}
func (q *queue) Swap(a, b int) { q.list[a], q.list[b] = q.list[b], q.list[a] }
func (q *queue) Push(x any)    { q.list = append(q.list, x.(int32)) }
func (q *queue) Pop() any {
	last := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return last
}
