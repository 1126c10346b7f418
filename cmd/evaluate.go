package cmd

import (
	"context"
	"fmt"
	"text/tabwriter"

	"ssc/runtime/train"
)

// evaluate carries out the plan's evaluate blocks and prints what they find as one table.
func (r *reporter) evaluate(ctx context.Context, j *job, o train.Options) error {
	if len(j.plan.Evaluate) == 0 {
		r.Note("the pipeline has no evaluate block: done")
		return nil
	}
	r.Note("evaluating")
	var found []train.Measurement
	err := train.Evaluate(ctx, j.plan, j.models, o, func(m train.Measurement) {
		found = append(found, m)
		if r.stream != nil {
			r.tell("measurement", levelInfo, describe(m), m)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.toLog(describe(m))
	})
	if r.stream == nil && len(found) > 0 {
		r.table(found)
	}
	return err
}

func describe(m train.Measurement) string {
	return fmt.Sprintf("%s of %s: %.2f %% (%s images in the bank, %s queries, k=%d, %s vote)", m.Probe, m.Features, 100*m.Value, count(m.Bank), count(m.Queries), m.K, m.Vote)
}

// table prints measurements on standard output.
func (r *reporter) table(list []train.Measurement) {
	t := tabwriter.NewWriter(r.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "measurement\tfeatures\tvalue\tbank\tqueries\tk\tvote")
	for _, m := range list {
		fmt.Fprintf(t, "%s\t%s\t%.2f %%\t%s\t%s\t%d\t%s\n", m.Probe, m.Features, 100*m.Value, count(m.Bank), count(m.Queries), m.K, m.Vote)
	}
	_ = t.Flush() // a reader that is gone is no failure of the run
}
