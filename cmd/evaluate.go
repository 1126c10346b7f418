package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/compiler/probe"
	"ssc/lang/schema"
	"ssc/runtime/train"
)

var evaluateCommand = &cli.Command{
	Name: "evaluate", Usage: "carry out evaluate blocks on a run's newest checkpoint", ArgsUsage: "RUN_DIR [FILE...]",
	Description: "The blocks are those of the plan in the run folder, with the files and -set laid over it: blocks, datasets and an export block that the run was not made with are measured without " +
		"training again. What decides about the weights cannot be changed. With -json each measurement has the table of the classes and the confusion matrix. " +
		"What is found goes to train.log and the report; nothing else in the folder changes.",
	Flags:  afterFlags(&cli.StringSliceFlag{Name: "probe", Usage: "carry out this probe only, `NAME`, with its defaults when the run has no such block; may be repeated"}),
	Action: evaluateRun,
}

func evaluateRun(c *cli.Context) error {
	if err := noneNegative(c, "threads", "workers"); err != nil {
		return err
	}
	if c.NArg() == 0 {
		return usage{errors.New("ssc evaluate needs a run folder, as in: ssc evaluate runs/simclr")}
	}
	outliveReaders()
	dir := c.Args().First()
	p, err := readPlanFile(dir)
	if err != nil {
		return err
	}
	if !isRun(dir) {
		return fmt.Errorf("%s is a plan, not a run: train first with ssc run %s", dir, dir)
	}
	only := c.StringSlice("probe")
	ch := changes{files: c.Args().Tail(), sets: c.StringSlice("set")}
	if ch.blocks, err = addedProbes(p, only); err != nil {
		return err
	}
	j, err := changedJob(c, dir, ch)
	if err != nil {
		return err
	}
	if len(only) > 0 {
		q := *j.plan
		q.Evaluate = slices.DeleteFunc(slices.Clone(q.Evaluate), func(b plan.Component) bool { return !slices.Contains(only, b.Label) })
		j.plan = &q
	}
	rep := newReporter(c, dir, j.sources)
	rep.again = commandLine(c)
	defer rep.close()
	ctx, stop := untilSignal(c.Context, stops, rep.Note)
	defer stop()
	err = rep.evaluate(ctx, j, train.Options{Dir: dir, Threads: c.Int("threads"), Workers: c.Int("workers"), Report: rep, Track: newTracker(c), Trained: j.trained})
	return rep.ended(err)
}

// addedProbes are blocks for those of the probes that the plan has no evaluate block of.
func addedProbes(p *plan.Plan, names []string) (blocks []plan.Component, err error) {
	for _, name := range names {
		if valid := probe.Table.Names(); !slices.Contains(valid, name) {
			return nil, usage{fmt.Errorf("there is no probe %q.%s", name, schema.DidYouMean(name, valid))}
		}
		if !slices.ContainsFunc(p.Evaluate, func(b plan.Component) bool { return b.Label == name }) {
			blocks = append(blocks, plan.Component{Type: "evaluate", Label: name})
		}
	}
	return blocks, nil
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
