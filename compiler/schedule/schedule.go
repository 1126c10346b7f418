// Package schedule holds the curves that a learning rate follows, one file each: entry, arguments, Args, Curve. The warm-up, which all have, is in this
// file; how a curve is evaluated at a step is in package plan, where the runtime shares it.
package schedule

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Schedule is a curve over training.
type Schedule interface {
	schema.Component
	// Curve is the schedule for a peak value.
	Curve(base float64) plan.Curve
}

// Table is the table of schedules.
var Table = schema.NewTable[Schedule]("schedule")

// warmup are the arguments of the beginning, those of MMSelfSup 0.x's lr_config.
type warmup struct {
	kind   string
	length int
	ratio  float64
	by     string
	after  bool
}

func (w *warmup) declare(s *schema.Set) {
	s.String(&w.kind, "warmup", "none", "how the value rises at first: \"linear\" from warmup_ratio, \"constant\" at warmup_ratio, \"exp\" geometrically from warmup_ratio", schema.OneOf("none", "constant", "linear", "exp"))
	s.Int(&w.length, "warmup_length", 0, "length of the warm-up in steps or epochs (warmup_by)", schema.NonNegative)
	s.Float(&w.ratio, "warmup_ratio", 0.1, "value at the first step of the warm-up, as a share of the regular one", schema.NonNegative)
	s.String(&w.by, "warmup_by", "epoch", "unit of warmup_length", schema.OneOf("epoch", "step"))
	s.Bool(&w.after, "start_after_warmup", false, "whether the curve starts when the warm-up ends and is shortened by it; else both start together, as in MMSelfSup 0.x")
}

func (w *warmup) check(r *schema.Report) {
	if w.kind != "none" && w.length == 0 {
		r.Errorf("warmup", "Invalid value", "warmup = %q needs a warmup_length greater than 0.", w.kind)
	}
	if w.kind == "exp" && w.ratio == 0 {
		r.Errorf("warmup_ratio", "Invalid value", "An exponential warm-up needs a warmup_ratio greater than 0.")
	}
}

func (w *warmup) plan() *plan.Warmup {
	if w.kind == "none" {
		return nil
	}
	return &plan.Warmup{Kind: w.kind, Length: w.length, Ratio: w.ratio, ByEpoch: w.by == "epoch", After: w.after}
}

// byArg declares the argument that says what a curve counts.
func byArg(s *schema.Set, p *string) {
	s.String(p, "by", "epoch", "what the curve counts: \"epoch\" keeps the value inside an epoch, \"step\" changes it every step", schema.OneOf("epoch", "step"))
}
