package profile

import (
	"fmt"
	"time"

	"ssc/runtime/report"
)

// Result is a profile, and the steps that it was made of.
type Result struct {
	Profile *report.Profile
	slices  []slice
}

// slice is a stretch of time in the trace, in microseconds since the first step that is kept.
type slice struct {
	Name            string
	Function        string // empty for a part of the loop
	Start, Duration float64
	node            *Node
	outputs         []map[string][]int
}

// result joins what the loop and what ONNX Runtime timed.
func (r *Recorder) result(runs []graphRun) (*Result, error) {
	var own []span
	for _, s := range r.spans {
		if s.part == Run {
			own = append(own, s)
		}
	}
	if len(own) != len(runs) || len(runs) != len(r.ends) {
		return nil, fmt.Errorf("ONNX Runtime timed %d executions of the graph in %d steps", len(runs), len(r.ends))
	}
	skip := min(Warmup, len(runs)-1)
	kept := len(runs) - skip
	t := tally{steps: float64(kept), result: &Result{Profile: &report.Profile{First: r.last - kept + 1, Last: r.last, FLOPs: r.o.FLOPs}}, names: newNames(r.o.Nodes, runs[len(runs)-1].nodes)}
	t.begin = own[skip].from
	for _, s := range r.spans {
		if s.step == skip && s.from.Before(t.begin) {
			t.begin = s.from
		}
	}
	for _, s := range r.spans {
		if s.step >= skip {
			t.span(s)
		}
	}
	for i := skip; i < len(runs); i++ {
		t.run(own[i], runs[i])
	}
	t.total = r.stepTime(skip)
	return t.finish(r.o.Nodes), nil
}

// stepTime is the time of the steps from number skip on, without what was done between one and the next: logs, measurements, checkpoints.
func (r *Recorder) stepTime(skip int) (sum float64) {
	for i := skip; i < len(r.ends); i++ {
		for _, s := range r.spans {
			if s.step == i { // the first
				sum += r.ends[i].Sub(s.from).Seconds()
				break
			}
		}
	}
	return sum
}

// tally adds up.
type tally struct {
	result *Result
	names  *names
	begin  time.Time
	steps  float64
	total  float64 // time of all steps in seconds, and …
	parts  float64 // … of their parts

	functions, lines rows
}

// rows are added up under a name and a place.
type rows struct {
	list []report.Cost
	at   map[[2]string]int
}

func (r *rows) row(name, at string) *report.Cost {
	k := [2]string{name, at}
	i, ok := r.at[k]
	if !ok {
		if r.at == nil {
			r.at = map[[2]string]int{}
		}
		i = len(r.list)
		r.at[k], r.list = i, append(r.list, report.Cost{Name: name, At: at})
	}
	return &r.list[i]
}

func (t *tally) micros(at time.Time) float64 { return float64(at.Sub(t.begin).Nanoseconds()) / 1e3 }

// span adds a part of the loop.
func (t *tally) span(s span) {
	d := s.to.Sub(s.from).Seconds()
	t.parts += d
	t.result.slices = append(t.result.slices, slice{Name: s.part, Start: t.micros(s.from), Duration: d * 1e6})
	if s.part != Run { // whose time is that of its nodes and between them
		t.functions.row(s.part, "").Seconds += d
	}
}

// run adds the nodes of an execution. ONNX Runtime's clock has another beginning than ours.
func (t *tally) run(own span, g graphRun) {
	shift := t.micros(own.from) - g.Start
	rest := own.to.Sub(own.from).Seconds()
	for _, e := range g.nodes {
		function, node := t.names.of(e)
		d := e.Duration / 1e6
		rest -= d
		c := t.functions.row(function, "")
		c.Seconds += d
		if len(t.names.byName) == 0 { // else the compiler's calls are counted, of which some are many nodes here
			c.Calls++
		}
		block, at := noBlock, ""
		if node != nil && node.At != "" {
			block, at = node.Block, node.At
		}
		t.lines.row(block, at).Seconds += d
		t.result.slices = append(t.result.slices, slice{Name: e.Name, Function: function, Start: e.Start + shift, Duration: e.Duration, node: node, outputs: e.Args.Outputs})
	}
	t.functions.row(betweenNodes, "").Seconds += max(0, rest)
}

// Rows of what is no function and no block.
const (
	betweenNodes = "between the nodes"
	elsewhere    = "the rest of the loop"
	noBlock      = "no block" // the guard, gates, sums of the algorithm's own
)

// finish adds what the compiler knows and turns sums into those of one step.
func (t *tally) finish(nodes []Node) *Result {
	t.functions.row(elsewhere, "").Seconds += max(0, t.total-t.parts)
	p := t.result.Profile
	p.Seconds = t.total / t.steps
	for _, list := range [][]report.Cost{t.functions.list, t.lines.list} {
		for i := range list {
			list[i].Seconds /= t.steps
			list[i].Calls /= int(t.steps)
		}
	}
	for _, n := range nodes {
		rows := []*report.Cost{t.functions.row(n.Function, "")}
		if n.At != "" {
			rows = append(rows, t.lines.row(n.Block, n.At))
		} else {
			rows = append(rows, t.lines.row(noBlock, ""))
		}
		for _, c := range rows {
			c.Calls++
			c.FLOPs += n.FLOPs
			c.Bytes += n.Bytes
		}
	}
	p.Functions, p.Lines = t.functions.list, t.lines.list
	p.Sort()
	return t.result
}
