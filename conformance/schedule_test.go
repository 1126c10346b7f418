package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"ssc/compiler/plan"
	"ssc/compiler/schedule"
	"ssc/lang/schema"
)

// scheduleCase is one curve of the reference.
type scheduleCase struct {
	Policy           string
	Base, Min, Power float64
	Gamma            float64
	ByEpoch          bool `json:"by_epoch"`
	Milestones       []any
	Warmup           *struct {
		Kind    string
		Length  int
		ByEpoch bool `json:"by_epoch"`
		Ratio   float64
	}
	LR []float64
}

func (c scheduleCase) String() string {
	s := fmt.Sprintf("%s/by_epoch=%t", c.Policy, c.ByEpoch)
	if w := c.Warmup; w != nil {
		s += fmt.Sprintf("/%s_%d_by_epoch=%t", w.Kind, w.Length, w.ByEpoch)
	}
	return s
}

// TestSchedules compares every curve at every step with MMSelfSup's hooks, played through.
//
// MMSelfSup's StepFixCosineAnnealing has no exact counterpart: during the warm-up its cosine runs in negative time, where ours stands at
// its peak. From the end of the warm-up on the two are equal; before it ours is the straight line that this test computes.
func TestSchedules(t *testing.T) {
	var cases []scheduleCase
	ref := oracle(t, "schedules", &cases)
	for _, c := range cases {
		t.Run(c.String(), func(t *testing.T) {
			curve := c.curve(t)
			for i, want := range c.LR {
				if c.Policy == "step_fix_cosine" && i < c.warmup(ref.Steps) {
					want = c.Base * float64(i) / float64(c.warmup(ref.Steps))
				}
				if got := curve.At(i, ref.Steps, ref.Epochs); !(math.Abs(got-want) <= 1e-12*c.Base) {
					t.Errorf("At(%d) = %.15g, want %.15g", i, got, want)
				}
			}
		})
	}
}

// warmup is the length of the warm-up in steps.
func (c scheduleCase) warmup(perEpoch int) int {
	if c.Warmup.ByEpoch {
		return c.Warmup.Length * perEpoch
	}
	return c.Warmup.Length
}

// curve is what the schedule component of the case makes, after a trip through a plan's JSON.
func (c scheduleCase) curve(t *testing.T) plan.Curve {
	t.Helper()
	unit := map[bool]string{true: "epoch", false: "step"}
	label, args := c.Policy, map[string]any{"by": unit[c.ByEpoch]}
	switch c.Policy {
	case "step":
		args["milestones"], args["gamma"] = c.Milestones, c.Gamma
	case "polynomial":
		args["min_lr"], args["power"] = c.Min, c.Power
	default:
		label, args["min_lr"] = "cosine", c.Min
	}
	if w := c.Warmup; w != nil {
		args["warmup"], args["warmup_length"], args["warmup_ratio"], args["warmup_by"] = w.Kind, w.Length, w.Ratio, unit[w.ByEpoch]
	}
	if c.Policy == "after" || c.Policy == "step_fix_cosine" {
		args["start_after_warmup"] = true
	}
	if c.Policy == "step_fix_cosine" {
		args["warmup_ratio"] = 0.0
	}
	s := schedule.Table.New(label)
	if err := schema.DecodeJSON(s, schema.Spec{Type: "schedule", Label: label, Args: args}); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s.Curve(c.Base))
	if err != nil {
		t.Fatal(err)
	}
	var curve plan.Curve
	if err := json.Unmarshal(text, &curve); err != nil {
		t.Fatal(err)
	}
	return curve
}
