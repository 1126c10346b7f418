package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"ssc/runtime/train"
)

var evaluateCommand = &cli.Command{
	Name: "evaluate", Usage: "carry out the evaluate blocks on a run's newest checkpoint", ArgsUsage: "RUN_DIR",
	Description: "The blocks are those of the plan in the run folder. Nothing in the folder changes but train.log, which gets what was found.",
	Flags: []cli.Flag{
		&cli.IntFlag{Name: "threads", Usage: "threads inside an operator (default: one per physical core)"},
		&cli.IntFlag{Name: "workers", Usage: "threads that read images (default: as the loader block says)"},
		jsonFlag(),
	},
	Action: evaluateRun,
}

func evaluateRun(c *cli.Context) error {
	if err := noneNegative(c, "threads", "workers"); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usage{errors.New("ssc evaluate needs one run folder, as in: ssc evaluate runs/simclr")}
	}
	outliveReaders()
	dir := c.Args().First()
	p, models, err := readPlan(dir)
	if err != nil {
		return err
	}
	if !isRun(dir) {
		return fmt.Errorf("%s is a plan, not a run: train first with ssc run %s", dir, dir)
	}
	rep := newReporter(c, dir, nil)
	defer rep.close()
	ctx, stop := untilSignal(c.Context, rep.Note)
	defer stop()
	err = rep.evaluate(ctx, &job{plan: p, models: models, dir: dir}, train.Options{Dir: dir, Threads: c.Int("threads"), Workers: c.Int("workers"), Report: rep})
	return rep.ended(err)
}

// evaluate carries out the plan's evaluate blocks and prints what they find as one table.
func (r *reporter) evaluate(ctx context.Context, j *job, o train.Options) error {
	if len(j.plan.Evaluate) == 0 {
		r.Note("the pipeline has no evaluate block: nothing to evaluate")
		return nil
	}
	r.Note("evaluating")
	var found []train.Measurement
	err := train.Evaluate(ctx, j.plan, j.models, o, func(m train.Measurement) {
		found = append(found, m)
		r.openLog()
		r.tell("measurement", levelInfo, describe(m), m)
	})
	if r.stream == nil && len(found) > 0 {
		r.table(found)
	}
	return err
}

func describe(m train.Measurement) string { return m.String() }

// table prints measurements on standard output.
func (r *reporter) table(list []train.Measurement) {
	t := newTable(r.out)
	fmt.Fprintln(t, "measurement\tfeatures\tvalue\tbank\tqueries\tk\tvote")
	for _, m := range list {
		value, k, vote := fmt.Sprintf("%.2f %%", 100*m.Value), "-", "-"
		if !m.IsShare() {
			value = fmt.Sprintf("%.4g", m.Value)
		}
		if m.K > 0 {
			k, vote = fmt.Sprint(m.K), m.Vote
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Probe, m.Features, value, count(m.Bank), count(m.Queries), k, vote)
	}
	_ = t.Flush() // a reader that is gone is no failure of the run
}
