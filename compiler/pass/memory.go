package pass

import (
	"cmp"
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
)

// What ONNX Runtime's CPU kernels do with memory, measured on version 1.30 from its profile: a view's output is its input's memory; an
// operator that works in place writes over its first input, if that has the output's element size and shape and no other reader. All
// other element-wise operators, Add and Mul among them, write to memory of their own.
var (
	aliases  = map[string]bool{"Identity": true, "Reshape": true, "Squeeze": true, "Unsqueeze": true, "Flatten": true}
	inPlaces = map[string]bool{"Relu": true, "Sigmoid": true, "Tanh": true, "Softplus": true, "Elu": true, "LeakyRelu": true, "Clip": true,
		"Softmax": true, "LogSoftmax": true, "Cast": true, "ScatterElements": true, "Trilu": true}
)

// isView reports whether n's output is n's first input's memory.
func isView(n *ir.Node) bool { return aliases[key(n.Op)] }

// Order is the order in which ONNX Runtime executes the nodes of g, constants left out. A call counts as one node, as it does with a
// native kernel; for a runtime that inlines it, give the inlined graph.
func Order(g *ir.Graph) []*ir.Node {
	p := newProgram(g, nil, nil, nil)
	var out []*ir.Node
	for _, i := range p.order(p.ranks(inOrder(len(g.Nodes)))) {
		out = append(out, p.steps[i].node)
	}
	return out
}

// inOrder is 0, 1, …, n-1.
func inOrder(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// Peak is the most memory that the values between inputs and outputs take at one moment of a run in which calls are inlined, and the
// node of g that runs then; nil when there is nothing to run. Inputs, outputs, state and constants are not counted, nor is what ONNX
// Runtime's kernels take for themselves. A nil order is ONNX Runtime's own; else nodes run in the given order, the body of a call from top to bottom.
func Peak(g *ir.Graph, order []*ir.Node) (bytes int64, at *ir.Node) {
	if order == nil {
		return NewExecution(g, nil, nil).Peak()
	}
	p := newProgram(g, bodies{}, nil, nil)
	run := p.sequence(g, order)
	return (&Execution{g, p, run, newPlanner(p).levels(run)}).Peak()
}

// Execution is a graph's run in ONNX Runtime's order, and the memory of the values at each of its steps.
type Execution struct {
	g       *ir.Graph
	program *program
	order   []int32
	levels  []int64
}

// NewExecution plans a run in which the functions that kernel names are computed by native kernels and not inlined. What these take for a call says scratch; nil: they are the processor's, see [fn.ScratchOf].
func NewExecution(g *ir.Graph, kernel func(name string) bool, scratch func(call *ir.Node) fn.Scratch) *Execution {
	if scratch == nil {
		scratch = fn.ScratchOf
	}
	p := newProgram(g, bodies{}, kernel, scratch)
	order := p.order(p.ranks(inOrder(len(g.Nodes))))
	return &Execution{g, p, order, newPlanner(p).levels(order)}
}

// Peak is what [Peak] says, of this run.
func (e *Execution) Peak() (bytes int64, at *ir.Node) {
	bytes, i := highest(e.levels, e.order)
	if i < 0 {
		return 0, nil
	}
	return bytes, e.g.Nodes[e.program.steps[i].owner]
}

// Moment is the memory of the values between inputs and outputs while a node runs, and what its native kernel takes as scratch.
type Moment struct {
	At      *ir.Node
	Bytes   int64
	Scratch fn.Scratch
}

// On is the memory in bytes on so many threads.
func (m Moment) On(threads int) int64 { return m.Bytes + m.Scratch.On(threads) }

// maxThreads is the largest number of threads that moments are looked for.
const maxThreads = 256

// Moments are those at which the run takes most, scratch included, on one thread and on more: the peak on so many threads is the highest of them. They stand in the order of
// the threads from which on they count; there is none when there is nothing to run.
func (e *Execution) Moments() (list []Moment) {
	all := make([]Moment, len(e.order))
	threads := int64(1)
	for pos, bytes := range e.levels {
		s := &e.program.steps[e.order[pos]]
		all[pos] = Moment{e.g.Nodes[s.owner], bytes, s.scratch}
		threads = max(threads, min(s.scratch.Tasks, maxThreads))
	}
	best := -1
	for n := 1; n <= int(threads) && len(all) > 0; n++ {
		was := best
		for pos, m := range all {
			if best < 0 || m.On(n) > all[best].On(n) {
				best = pos
			}
		}
		if m := all[best]; best != was && !slices.ContainsFunc(list, func(l Moment) bool { return l.Bytes == m.Bytes && l.Scratch == m.Scratch }) {
			list = append(list, m)
		}
	}
	return list
}

// sequence is the order of the steps for an order of the graph's nodes.
func (p *program) sequence(g *ir.Graph, nodes []*ir.Node) []int32 {
	place := make(map[*ir.Node]int, len(nodes))
	for i, n := range nodes {
		place[n] = i
	}
	run := p.order(p.ranks(inOrder(len(g.Nodes))))
	slices.SortStableFunc(run, func(a, b int32) int {
		return cmp.Compare(place[g.Nodes[p.steps[a].owner]], place[g.Nodes[p.steps[b].owner]])
	})
	return run
}

// buffer is a piece of memory that one value after another uses; it is named by the first.
type buffer struct {
	reads    int // of its values, still to come
	from, to int // first and last place in the run at which it exists
	held     bool
	dead     bool // nobody uses it now
}

// planner assigns buffers to the values of a run. It may plan one run after another.
type planner struct {
	*program
	buffers []buffer
	root    []int32   // the buffer of a value
	free    [][]int32 // dead buffers of each class
	change  []int64   // of the sum, from one place of the run to the next
}

func newPlanner(p *program) *planner {
	n := len(p.values)
	return &planner{p, make([]buffer, n), make([]int32, n), make([][]int32, len(p.class)), make([]int64, len(p.steps)+1)}
}

// peak is the most memory that values take in a run, and the step at which they do, -1 for none.
func (l *planner) peak(run []int32) (most int64, at int32) { return highest(l.levels(run), run) }

func highest(levels []int64, run []int32) (most int64, at int32) {
	at = -1
	for pos, bytes := range levels {
		if bytes > most || at < 0 {
			most, at = bytes, run[pos]
		}
	}
	return most, at
}

// levels plans the memory of a run as ONNX Runtime does: a value takes over its input's memory where the operator allows it, else that of
// the value of its class that died last, else new memory. What is taken over again exists in between. It returns the sum at each place of the run,
// which the next call overwrites.
func (l *planner) levels(run []int32) []int64 {
	for c := range l.free {
		l.free[c] = l.free[c][:0]
	}
	for v, s := range l.values {
		l.root[v] = int32(v)
		l.buffers[v] = buffer{from: -1, held: s.held}
	}
	for _, s := range l.steps {
		for _, v := range s.in {
			l.buffers[v].reads++
		}
	}
	for pos, i := range run {
		s := &l.steps[i]
		for k, v := range s.out {
			if r := l.takenOver(s, k); r >= 0 {
				l.buffers[r].reads += l.buffers[v].reads
				l.buffers[r].dead = false
				l.root[v] = r
			} else {
				l.buffers[v].from = pos
			}
		}
		for _, v := range s.in {
			l.buffers[l.root[v]].reads--
			l.release(v, pos)
		}
		for _, v := range s.out {
			l.release(v, pos)
		}
	}
	return l.sums(len(run))
}

// takenOver is the buffer that output k of a step can use, -1 for none.
func (l *planner) takenOver(s *step, k int) int32 {
	out := l.values[s.out[k]]
	if out.held {
		return -1
	}
	if k == 0 && s.view {
		return l.root[s.in[0]]
	}
	if k == 0 && s.inPlace && l.values[s.in[0]].class == out.class {
		if b := l.buffers[l.root[s.in[0]]]; b.reads == 1 && !b.held {
			return l.root[s.in[0]]
		}
	}
	list := l.free[out.class]
	if len(list) == 0 {
		return -1
	}
	l.free[out.class] = list[:len(list)-1]
	return list[len(list)-1]
}

// release marks the buffer of a value as free when nobody reads it any more.
func (l *planner) release(v int32, pos int) {
	r := l.root[v]
	b := &l.buffers[r]
	if b.reads > 0 || b.held || b.dead {
		return
	}
	b.to, b.dead = pos, true
	l.free[l.values[r].class] = append(l.free[l.values[r].class], r)
}

// sums adds up the buffers that exist at each of the n places of a run.
func (l *planner) sums(n int) []int64 {
	change := l.change[:n+1]
	clear(change)
	for v, b := range l.buffers {
		if b.from >= 0 && !b.held {
			change[b.from] += l.values[v].bytes
			change[b.to+1] -= l.values[v].bytes
		}
	}
	for i := 1; i < n; i++ {
		change[i] += change[i-1]
	}
	return change[:n]
}
