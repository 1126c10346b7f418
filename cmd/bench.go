package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/runtime/decoded"
	"ssc/runtime/jpeg"
	"ssc/runtime/loader"
	"ssc/runtime/probe"
)

var benchCommand = &cli.Command{
	Name: "bench", Usage: "measure how fast the views of a pipeline are made", ArgsUsage: "data FILE...",
	Description: "Reads and transforms images as a run does, without a step, and then one by one to see what takes the time. Rates for a core are images divided by the processor time of this process, so " +
		"other programs disturb them little. Compare the rate with that of the training step, which ssc run prints: a loader that is slower keeps it waiting.",
	Flags: pipelineFlags(
		&cli.Float64Flag{Name: "seconds", Usage: "how long to measure", Value: 5},
		&cli.StringFlag{Name: "dataset", Usage: "the dataset `NAME` to read", Value: "train"},
		&cli.IntFlag{Name: "workers", Usage: "threads that make views (default: as the loader block says)"}),
	Action: bench,
}

func bench(c *cli.Context) error {
	if c.Args().First() != "data" || c.NArg() < 2 {
		return usage{errors.New("ssc bench measures data, as in: ssc bench data pipeline.hcl")}
	}
	if err := noneNegative(c, "workers"); err != nil {
		return err
	}
	d := time.Duration(c.Float64("seconds") * float64(time.Second))
	if d <= 0 {
		return usage{fmt.Errorf("-seconds %g: measuring takes some time; give a positive number", c.Float64("seconds"))}
	}
	p, r, diags := compileFiles(c, c.Args().Tail(), false)
	if err := printDiags(c, p, diags); err != nil {
		return err
	}
	ctx, stop := untilSignal(c.Context, stops, talk(c))
	defer stop()
	set, err := flaggedDataset(ctx, c, p, r.Plan)
	if err != nil {
		return interrupted(ctx, err)
	}
	m, err := measureData(ctx, c, r.Plan, set, d)
	if err != nil {
		return interrupted(ctx, err)
	}
	if s := messages(c); s != nil {
		s.emit("bench", levelInfo, limiting(m), struct {
			Dataset string `json:"dataset"`
			JPEG    string `json:"jpeg_decoder"`
			*loader.Measurement
		}{c.String("dataset"), jpeg.Name(), m})
		return s.err
	}
	return printMeasurement(c.App.Writer, m)
}

func measureData(ctx context.Context, c *cli.Context, p *plan.Plan, set probe.Dataset, d time.Duration) (*loader.Measurement, error) {
	samples, err := decoded.Open(ctx, set.Samples, set.Spec.Source, set.Channels, p.Loader, talk(c))
	if err != nil {
		return nil, err
	}
	workers := c.Int("workers")
	if workers == 0 {
		workers = p.Loader.Workers
	}
	return loader.Measure(ctx, loader.Config{Samples: samples, Channels: set.Channels, Views: set.Spec.Views, Seed: p.Seed,
		BatchSize: min(p.Loader.BatchSize, samples.Len()), Workers: workers, Prefetch: p.Loader.Prefetch, Last: plan.LastWrap, Shuffle: p.Loader.Shuffle}, d)
}

// limiting says what takes the most time.
func limiting(m *loader.Measurement) string {
	top := m.Costs[0]
	what := "the transform " + top.Name
	if top.Name == "read" {
		what = "reading and decoding"
	}
	return fmt.Sprintf("%s takes the most time: %.0f %% of that of an image", what, 100*top.Share)
}

func printMeasurement(w io.Writer, m *loader.Measurement) error {
	t := newTable(w)
	images, views := float64(m.Images), float64(m.Views)
	fmt.Fprintf(t, "rate\t%.0f images/s, %.0f views/s, %d workers\n", images/m.Seconds, views/m.Seconds, m.Workers)
	fmt.Fprintf(t, "per core\t%.0f images/s, %.0f views/s\n", images/m.CPU, views/m.CPU)
	fmt.Fprintf(t, "measured\t%d images, %d unreadable, %.1f s, JPEG by %s\n", m.Images, m.Bad, m.Seconds, jpeg.Name())
	fmt.Fprintf(t, "memory\tat most %s: %s of batches, and %s for each worker, for images as large as those met\n", bytesText(m.BatchBytes+int64(m.Workers)*m.WorkerBytes),
		bytesText(m.BatchBytes), bytesText(m.WorkerBytes))
	fmt.Fprintf(t, "limit\t%s\n", limiting(m))
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t = newTable(w)
	fmt.Fprintln(t, "part\tus a call\tshare")
	for _, c := range m.Costs {
		fmt.Fprintf(t, "%s\t%.1f\t%.0f %%\n", c.Name, c.Micros, 100*c.Share)
	}
	return t.Flush()
}
