package comptest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler/ir"
	"ssc/compiler/optimizer"
	"ssc/compiler/pass"
	"ssc/compiler/plan"
	"ssc/compiler/schedule"
	"ssc/lang/schema"
)

func section(name, text string) txtar.File {
	return txtar.File{Name: "out/" + name, Data: []byte(text)}
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

// added prints the nodes from the first on, and the gradients by the names of what they are of.
func added(g *ir.Graph, first int, names []string, grads []*ir.Value) string {
	all := strings.Split(g.Text(ir.NoRanges), "\n")
	nodes := all[1+len(g.Inputs):]
	out := nodes[first:len(g.Nodes):len(g.Nodes)]
	for i, name := range names {
		out = append(out, fmt.Sprintf("  d %s = %s", name, grads[i]))
	}
	return lines(out...)
}

// declared prints what the component declares to the runtime.
func (d *driver) declared() string {
	var out []string
	for _, s := range d.States {
		line := fmt.Sprintf("state %s: %s %s %s", s.Name, s.In.Type, s.Role, compact(s.Init))
		if s.Frozen {
			line += " frozen"
		}
		if s.PerApply {
			line += " per-apply"
		}
		out = append(out, line)
	}
	for _, f := range d.Fields {
		out = append(out, "field "+compact(f))
	}
	for _, s := range d.Scalars {
		out = append(out, "scalar "+compact(s))
	}
	for _, m := range d.Metrics {
		out = append(out, "metric "+m.Name)
	}
	return lines(out...)
}

func option(name string, o optimizer.Options) string {
	line := fmt.Sprintf("param %s: lr_mult %g, weight_decay %g", name, o.LRMult, o.WeightDecay)
	if o.Momentum != nil {
		line += fmt.Sprintf(", momentum %g", *o.Momentum)
	}
	if o.FixedLR {
		line += ", fix_lr"
	}
	if o.NoAdapt {
		line += ", lars_exclude"
	}
	return line
}

// compact is v as JSON on one line.
func compact(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the plan's own types have a form
	}
	return string(b)
}

// cost is a line of statistics of the graph as it is now.
func (d *driver) cost(what string) string {
	flops, bytes := pass.Total(d.G)
	return fmt.Sprintf("%s: %d nodes, %d FLOPs, %d bytes", what, len(d.G.Nodes), flops, bytes)
}

// passed is the line of statistics after the passes, each verified.
func (d *driver) passed() (string, error) {
	if _, err := (pass.Options{Verify: true}).All(d.G); err != nil {
		return "", err
	}
	peak, _ := pass.Peak(d.G, nil)
	return fmt.Sprintf("%s, peak %d bytes", d.cost("after the passes"), peak), nil
}

// size is a line on the parameters.
func (d *driver) size() string {
	n := 0
	for _, s := range d.Trained() {
		n += s.In.Shape.Elems()
	}
	return fmt.Sprintf("trained: %d parameters in %d tensors", n, len(d.Trained()))
}

// curve prints a schedule for a peak of 1, and its values over ten epochs of four steps, an epoch a line.
func curve(s schedule.Schedule) []txtar.File {
	const epochs, steps = 10, 4
	c := s.Curve(1)
	var out []string
	for e := range epochs {
		var row []string
		for i := range steps {
			row = append(row, fmt.Sprintf("%.6f", c.At(e*steps+i, steps, epochs)))
		}
		out = append(out, strings.Join(row, " "))
	}
	return []txtar.File{section("plan", lines(compact(plan.Scalar{Name: "lr", Curve: c}))), section("values", lines(out...))}
}

// arguments prints a component that is its arguments: what the plan hands to the runtime.
func arguments(s schema.Spec) ([]txtar.File, error) {
	s.At = ""
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return nil, err
	}
	return []txtar.File{section("plan", lines(string(b)))}, nil
}
