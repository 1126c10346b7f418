package cmd

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/lang/schema"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
	"ssc/runtime/report"
	"ssc/runtime/track"
)

var vizCommand = &cli.Command{
	Name: "viz", Usage: "draw the views of a dataset, before any training", ArgsUsage: "FILE...",
	Description: "Shows the first samples that epoch 0 reads, with their views: of the training set exactly those of the first steps, the draws of the augmentation included; of others those that " +
		"probes are given. Normalisation is undone for the eye.",
	Flags: pipelineFlags(
		&cli.StringFlag{Name: "dataset", Value: "train", Usage: "the dataset `NAME`"},
		&cli.IntFlag{Name: "n", Value: 16, Usage: "the number `N` of samples"},
		&cli.StringFlag{Name: "o", Value: "views.html", Usage: "write to `FILE`: a page (.html) or a picture (.png)"}),
	Action: viz,
}

// vizMost is the number of samples of one page: more than anybody looks at.
const vizMost = 1000

func viz(c *cli.Context) error {
	write, ok := vizFormats[filepath.Ext(c.String("o"))]
	switch n := c.Int("n"); {
	case !ok:
		return usage{fmt.Errorf("-o %s: the name must end in .html or .png", c.String("o"))}
	case n < 1 || n > vizMost:
		return usage{fmt.Errorf("-n is %d, but must be from 1 to %d", n, vizMost)}
	}
	if err := needFolder(c.String("o")); err != nil {
		return err
	}
	r, p, err := compilePipeline(c, false)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c.Context, stops, talk(c))
	defer stop()
	d, err := flaggedDataset(ctx, c, p, r.Plan)
	if err != nil {
		return interrupted(ctx, err)
	}
	g, err := track.Views(ctx, r.Plan, d, c.Int("n"), func(b loader.Bad) { talk(c)("unreadable sample %s", b) })
	if err != nil {
		return interrupted(ctx, err)
	}
	title := fmt.Sprintf("%s: dataset %q", r.Plan.Name, d.Spec.Name)
	err = atomic.WriteFile(atomic.OS{}, c.String("o"), func(w io.Writer) error { return write(w, title, g) })
	if err != nil {
		return fmt.Errorf("writing the views: %w", err)
	}
	return written(c, c.String("o"))
}

// vizFormats are the writers by the ending of the file's name.
var vizFormats = map[string]func(w io.Writer, title string, g report.Gallery) error{
	".html": func(w io.Writer, title string, g report.Gallery) error { return report.WriteGallery(w, title, g) },
	".png":  func(w io.Writer, _ string, g report.Gallery) error { return report.Grid(w, g.Rows) },
}

// namedDataset is the dataset of a plan that a flag names.
func namedDataset(p *plan.Plan, name string) (*plan.Dataset, error) {
	if d := p.Dataset(name); d != nil {
		return d, nil
	}
	var names []string
	for _, d := range p.Datasets {
		names = append(names, d.Name)
	}
	return nil, usage{fmt.Errorf("there is no dataset %q.%s", name, schema.DidYouMean(name, names))}
}

// flaggedDataset opens the dataset that the flag -dataset names, for commands that look at one. What is wrong with it is printed at its source.
func flaggedDataset(ctx context.Context, c *cli.Context, p *lang.Pipeline, of *plan.Plan) (probe.Dataset, error) {
	spec, err := namedDataset(of, c.String("dataset"))
	if err != nil {
		return probe.Dataset{}, err
	}
	d, err := probe.Open(ctx, *spec)
	if err != nil && ctx.Err() == nil {
		return d, printDiags(c, p, refusals(err.Error(), p.Sources))
	}
	return d, err
}
