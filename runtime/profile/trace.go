package profile

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// event is an entry of ONNX Runtime's trace (version 1.30): a node of the graph that was executed, or one of a session's deeds. Times are in microseconds.
type event struct {
	Category string  `json:"cat"`
	Name     string  `json:"name"`
	Start    float64 `json:"ts"`
	Duration float64 `json:"dur"`
	Args     struct {
		Op      string             `json:"op_name"`
		Outputs []map[string][]int `json:"output_type_shape"` // sizes by the name of the element type
	} `json:"args"`
}

// graphRun is one execution of the graph.
type graphRun struct {
	event
	nodes []event // in the order of their start
}

// readTrace reads the executions of a graph from ONNX Runtime's trace.
func readTrace(name string) ([]graphRun, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReader(f))
	if _, err := d.Token(); err != nil { // the bracket of the list
		return nil, err
	}
	var runs []graphRun
	var nodes []event
	for d.More() {
		var e event
		if err := d.Decode(&e); err != nil {
			return nil, err
		}
		switch {
		case e.Category == "Session" && e.Name == "model_run":
			runs = append(runs, graphRun{event: e})
		case e.Category == "Node" && strings.HasSuffix(e.Name, timed):
			e.Name = strings.TrimSuffix(e.Name, timed)
			nodes = append(nodes, e)
		}
	}
	byStart := func(a, b event) int { return cmp.Compare(a.Start, b.Start) }
	slices.SortFunc(runs, func(a, b graphRun) int { return byStart(a.event, b.event) })
	slices.SortStableFunc(nodes, byStart)
	for _, e := range nodes {
		i, _ := slices.BinarySearchFunc(runs, e.Start, func(r graphRun, at float64) int { return cmp.Compare(r.Start+r.Duration, at) })
		if i < len(runs) && e.Start >= runs[i].Start {
			runs[i].nodes = append(runs[i].nodes, e)
		}
	}
	return runs, nil
}

// timed ends the name of the event that is a node's computation.
const timed = "_kernel_time"

// inlined takes the name apart that ONNX Runtime gives a node of a function's body, as _inlfunc_Adam_token_69_where_2: the function, and the number of the call, which grows in the order of the calls
// in the graph; the first has none, here -1.
func inlined(name string) (function string, call int, ok bool) {
	rest, ok := strings.CutPrefix(name, "_inlfunc_")
	if !ok {
		return "", 0, false
	}
	function, rest, _ = strings.Cut(rest, "_")
	call = -1
	if rest, ok = strings.CutPrefix(rest, "token_"); ok {
		number, _, _ := strings.Cut(rest, "_")
		if n, err := strconv.Atoi(number); err == nil {
			call = n
		}
	}
	return function, call, true
}

// domain of functions, before their names.
const domain = "ai.ssc."

// names finds what the compiler knows of a node that was executed.
type names struct {
	byName map[string]*Node
	calls  map[string]map[int]*Node // of a function, by the number of the call
}

func newNames(nodes []Node, executed []event) *names {
	n := &names{byName: map[string]*Node{}, calls: map[string]map[int]*Node{}}
	inOrder := map[string][]*Node{}
	for i := range nodes {
		n.byName[nodes[i].Name] = &nodes[i]
		inOrder[nodes[i].Function] = append(inOrder[nodes[i].Function], &nodes[i])
	}
	numbers := map[string][]int{}
	for _, e := range executed {
		if f, call, ok := inlined(e.Name); ok && !slices.Contains(numbers[f], call) {
			numbers[f] = append(numbers[f], call)
		}
	}
	for f, list := range numbers {
		calls := inOrder[domain+f]
		if len(calls) != len(list) { // another way to number them than ours: their line stays unknown
			continue
		}
		slices.Sort(list)
		n.calls[f] = map[int]*Node{}
		for i, number := range list {
			n.calls[f][number] = calls[i]
		}
	}
	return n
}

// of is the function that a node was executed for, and the node of the compiler's graph, nil where that is not known.
func (n *names) of(e event) (function string, node *Node) {
	if node := n.byName[e.Name]; node != nil {
		return node.Function, node
	}
	if f, call, ok := inlined(e.Name); ok {
		return domain + f, n.calls[f][call]
	}
	return e.Args.Op, nil
}

// Write writes the steps in Chrome's trace format, which chrome://tracing and ui.perfetto.dev show: one lane for the loop, one for the nodes of the graph.
func (r *Result) Write(w io.Writer) error {
	const loop, graph = 1, 2
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `{"displayTimeUnit":"ms","otherData":{"steps":"%d to %d"},"traceEvents":[`, r.Profile.First, r.Profile.Last)
	fmt.Fprintf(out, "\n"+`{"ph":"M","pid":1,"tid":%d,"name":"thread_name","args":{"name":"training loop"}},`, loop)
	fmt.Fprintf(out, "\n"+`{"ph":"M","pid":1,"tid":%d,"name":"thread_name","args":{"name":"nodes of the graph"}}`, graph)
	for _, s := range r.slices {
		lane := graph
		if s.Function == "" {
			lane = loop
		}
		b, err := json.Marshal(struct {
			Phase    string  `json:"ph"`
			Process  int     `json:"pid"`
			Thread   int     `json:"tid"`
			Name     string  `json:"name"`
			Category string  `json:"cat,omitempty"`
			Start    float64 `json:"ts"`
			Duration float64 `json:"dur"`
			Args     any     `json:"args,omitempty"`
		}{"X", 1, lane, s.Name, s.Function, s.Start, s.Duration, s.args()})
		if err != nil {
			return fmt.Errorf("writing the trace: %w", err)
		}
		fmt.Fprintf(out, ",\n%s", b)
	}
	fmt.Fprint(out, "\n]}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}

// args are what a viewer shows of a slice that is chosen.
func (s slice) args() any {
	if s.Function == "" {
		return nil
	}
	a := map[string]any{"function": s.Function, "outputs": s.outputs}
	if n := s.node; n != nil {
		a["node"], a["block"], a["at"] = n.Name, n.Block, n.At
		if n.Name == s.Name { // else it is a part of the call only
			a["flops"], a["bytes"] = n.FLOPs, n.Bytes
			a["GFLOP/s"], a["GB/s"] = float64(n.FLOPs)/s.Duration/1e3, float64(n.Bytes)/s.Duration/1e3
		}
	}
	return a
}
