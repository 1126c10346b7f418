package cmd

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/pass"
	"ssc/lang/schema"
	"ssc/runtime/checkpoint/atomic"
)

var graphCommand = &cli.Command{
	Name: "graph", Usage: "draw a graph of the pipeline, or print it", ArgsUsage: "FILE...",
	Description: "The drawing shows one box for each component. -depth 2 opens the components, -depth 3 their blocks, and -depth 0 shows every node.",
	Flags: pipelineFlags(
		&cli.StringFlag{Name: "format", Value: "svg", Usage: "svg, text (a drawing for the terminal), dot (for Graphviz) or ir (the program)"},
		&cli.StringFlag{Name: "graph", Value: "train", Usage: "train or extract"},
		&cli.StringFlag{Name: "stage", Value: stageOptimised, Usage: "built, the name of a pass after which the graph is shown, or optimised"},
		&cli.IntFlag{Name: "depth", Value: 1, Usage: "levels of components that have boxes of their own; 0 draws every node"},
		&cli.StringFlag{Name: "o", Usage: "write to `FILE` instead of standard output"},
		deviceFlag()),
	Action: graph,
}

// Stages of a graph beside the names of the passes.
const (
	stageBuilt     = "built"
	stageOptimised = "optimised"
)

// drawers print a graph in a format.
var drawers = map[string]func(w io.Writer, g *ir.Graph, p *picture) error{
	"ir":   func(w io.Writer, g *ir.Graph, _ *picture) error { return ir.Print(w, g) },
	"dot":  func(w io.Writer, _ *ir.Graph, p *picture) error { return p.dot(w) },
	"text": func(w io.Writer, _ *ir.Graph, p *picture) error { return p.text(w) },
	"svg":  func(w io.Writer, _ *ir.Graph, p *picture) error { return p.svg(w) },
}

func graph(c *cli.Context) error {
	if err := graphFlags(c); err != nil {
		return err
	}
	if err := needFolder(c.String("o")); err != nil {
		return err
	}
	stage := c.String("stage")
	r, _, err := compilePipeline(c, stage != stageOptimised)
	if err != nil {
		return err
	}
	g := r.Train
	if c.String("graph") == "extract" {
		g = r.Extract
	}
	draw := func(w io.Writer, g *ir.Graph) error {
		return drawers[c.String("format")](w, g, condense(g, r.Plan, c.Int("depth")))
	}
	if stage != stageBuilt && stage != stageOptimised {
		if g, err = after(g, stage); err != nil {
			return err
		}
	}
	if name := c.String("o"); name != "" {
		err := atomic.WriteFile(atomic.OS{}, name, func(w io.Writer) error { return draw(w, g) })
		if err != nil {
			return fmt.Errorf("writing the graph: %w", err)
		}
		return nil
	}
	return draw(c.App.Writer, g)
}

func graphFlags(c *cli.Context) error {
	if c.Bool("json") {
		return usage{fmt.Errorf("a graph is printed as svg, text, dot or ir; -json has no form for it")}
	}
	for _, f := range []struct {
		name  string
		valid []string
	}{{"format", []string{"svg", "text", "dot", "ir"}}, {"graph", []string{"train", "extract"}}, {"stage", append([]string{stageBuilt, stageOptimised}, pass.Names()...)}} {
		if v := c.String(f.name); !slices.Contains(f.valid, v) {
			return usage{fmt.Errorf("-%s cannot be %q.%s", f.name, v, schema.DidYouMean(v, f.valid))}
		}
	}
	return noneNegative(c, "depth")
}

// after is the graph as it stands when the pass has run for the last time.
func after(g *ir.Graph, name string) (*ir.Graph, error) {
	var text string
	o := pass.Options{After: func(p string, g *ir.Graph) {
		if p == name {
			text = g.Text()
		}
	}}
	if _, err := o.All(g); err != nil {
		return nil, err
	}
	return ir.Parse(text, name, fn.Any)
}
