// Package pass turns a graph as the components built it into the graph that is emitted: fewer nodes, the same numbers, in the order
// that makes an executor need little memory.
//
// Passes that edit a graph carry the suffix Opt and work in place: values that survive keep their identity and their name, and outputs
// keep their names in any case. What is removed is exact: the results are those of the graph as it was built, but for the sign of a
// zero (x + 0 turns -0 into 0) and for what folding rounds (each operator's float32 result, rounded once).
//
//	g, err := pass.All(g)
//	flops, bytes := pass.Total(g)
//	peak, at := pass.Peak(g, nil)
//
// Neighbours: compiler builds the graphs and calls All, ir verifies them, onnx emits them in the order of Nodes.
package pass

import (
	"fmt"

	"ssc/compiler/ir"
)

// stage orders the passes: a pass of an earlier stage must not run behind one of a later stage.
type stage int

const (
	clean   stage = iota // fewer and cheaper nodes; runs until nothing changes
	arrange              // where and in which layout values lie
	order                // the order of emission; what edits nodes must be done by then
)

func (s stage) String() string { return [...]string{"clean", "arrange", "order"}[s] }

// table is every pass, in the order in which All runs them. run reports whether it changed the graph.
var table = []struct {
	name  string
	stage stage
	run   func(*ir.Graph) (changed bool, err error)
}{
	{"simplify", clean, simplifyOpt},
	{"fold", clean, foldOpt},
	{"cse", clean, cseOpt},
	{"dce", clean, dceOpt},
	{"layout", arrange, layout},
	{"schedule", order, scheduleOpt},
}

// maxRounds bounds how often the cleaning passes run. Four rounds settle every graph seen so far; a graph that does not settle in this
// many shows two rules that undo each other.
const maxRounds = 50

// Options change how passes are run.
type Options struct {
	// Verify checks the graph before the first pass and after each.
	Verify bool
	// After sees the graph after each pass.
	After func(pass string, g *ir.Graph)
}

// Names lists the passes in their order.
func Names() []string {
	names := make([]string, len(table))
	for i, p := range table {
		names[i] = p.name
	}
	return names
}

// All runs every pass on g, in place, and returns it. An error is a bug in ssc.
func All(g *ir.Graph) (*ir.Graph, error) { return Options{}.All(g) }

// Run runs the named passes on g, in place, and returns it. Unknown names and names out of order are errors.
func Run(g *ir.Graph, names ...string) (*ir.Graph, error) { return Options{}.Run(g, names...) }

// All is the function All with options.
func (o Options) All(g *ir.Graph) (*ir.Graph, error) {
	if err := o.verify("start", g); err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		again := false
		for i, p := range table {
			if p.stage == clean {
				changed, err := o.one(i, g)
				if err != nil {
					return nil, err
				}
				again = again || changed
			}
		}
		if !again {
			break
		}
		if round == maxRounds {
			return nil, fmt.Errorf("the cleaning passes still change the graph %s after %d rounds", g.Name, maxRounds)
		}
	}
	for i, p := range table {
		if p.stage > clean {
			if _, err := o.one(i, g); err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

// Run is the function Run with options.
func (o Options) Run(g *ir.Graph, names ...string) (*ir.Graph, error) {
	if err := o.verify("start", g); err != nil {
		return nil, err
	}
	reached := clean
	for _, name := range names {
		i := 0
		for i < len(table) && table[i].name != name {
			i++
		}
		if i == len(table) {
			return nil, fmt.Errorf("unknown pass %q; there are %v", name, Names())
		}
		if table[i].stage < reached {
			return nil, fmt.Errorf("pass %s of stage %s cannot run behind stage %s", name, table[i].stage, reached)
		}
		reached = table[i].stage
		if _, err := o.one(i, g); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (o Options) one(i int, g *ir.Graph) (bool, error) {
	changed, err := table[i].run(g)
	if err != nil {
		return false, fmt.Errorf("pass %s: %w", table[i].name, err)
	}
	if o.After != nil {
		o.After(table[i].name, g)
	}
	return changed, o.verify(table[i].name, g)
}

func (o Options) verify(when string, g *ir.Graph) error {
	if len(g.Diags) > 0 {
		return fmt.Errorf("pass %s: a shape rule fails: %s", when, g.Diags[0].Detail)
	}
	if !o.Verify {
		return nil
	}
	if err := ir.Verify(g); err != nil {
		return fmt.Errorf("pass %s: %w", when, err)
	}
	return nil
}
