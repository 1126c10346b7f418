package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ssc/compiler/plan"
)

// scheduleRows is how many evenly spaced steps the table of the schedule has; the places where a curve bends are added to them.
const scheduleRows = 20

// scheduleRow are the values of the scheduled scalars at a step, which counts micro-batches from 0.
type scheduleRow struct {
	Step   int                `json:"step"`
	Epoch  float64            `json:"epoch"`
	Values map[string]float64 `json:"values"`
}

func (v view) schedule(w io.Writer) {
	names := scheduled(v.p)
	fmt.Fprintln(w, "step\tepoch\t"+strings.Join(names, "\t"))
	for _, r := range v.scheduleRows() {
		fmt.Fprintf(w, "%d\t%.2f", r.Step, r.Epoch)
		for _, n := range names {
			fmt.Fprintf(w, "\t%.6g", r.Values[n])
		}
		fmt.Fprintln(w)
	}
}

// scheduled names the scalars that a schedule moves.
func scheduled(p *plan.Plan) []string {
	var out []string
	for _, s := range p.Scalars {
		if s.Name != "gate" && s.Name != "apply" {
			out = append(out, s.Name)
		}
	}
	return out
}

func (v view) scheduleRows() []scheduleRow {
	total := v.perEpoch * v.p.Train.Epochs
	steps := []int{0, total - 1}
	for i := range scheduleRows {
		steps = append(steps, i*total/scheduleRows)
	}
	for _, s := range v.p.Scalars {
		steps = append(steps, v.bends(s.Curve)...)
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	var out []scheduleRow
	for _, step := range steps {
		if step < 0 || step >= total {
			continue
		}
		r := scheduleRow{Step: step, Epoch: float64(step) / float64(v.perEpoch), Values: map[string]float64{}}
		for _, s := range v.p.Scalars {
			r.Values[s.Name] = s.Curve.At(step, v.perEpoch, v.p.Train.Epochs)
		}
		out = append(out, r)
	}
	return out
}

// bends are the steps before and at which a curve changes its form.
func (v view) bends(c plan.Curve) []int {
	var out []int
	add := func(at int, byEpoch bool) {
		if byEpoch {
			at *= v.perEpoch
		}
		out = append(out, at-1, at)
	}
	for _, m := range c.Milestones {
		add(m, c.ByEpoch)
	}
	if c.Warmup != nil {
		add(c.Warmup.Length, c.Warmup.ByEpoch)
	}
	return out
}
