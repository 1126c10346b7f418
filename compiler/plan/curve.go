package plan

import "math"

// Curve is a number as a function of the step. Units: steps are runs of the training graph, that is micro-batches, counted from 0.
//
// Kinds: "constant"; "step" (times Gamma at each of Milestones); "cosine" (from Base to Min by half a cosine); "polynomial" (from Base
// to Min by (1-t)^Power). ByEpoch evaluates the curve at the start of the epoch, so that it is constant inside one.
type Curve struct {
	Kind       string  `json:"kind"`
	Base       float64 `json:"base"`
	Min        float64 `json:"min,omitempty"`
	Gamma      float64 `json:"gamma,omitempty"`
	Power      float64 `json:"power,omitempty"`
	Milestones []int   `json:"milestones,omitempty"` // epochs with ByEpoch, else steps
	ByEpoch    bool    `json:"by_epoch,omitempty"`
	Warmup     *Warmup `json:"warmup,omitempty"`
}

// The kinds there are.
var (
	curveKinds  = []string{"constant", "step", "cosine", "polynomial"}
	warmupKinds = []string{"constant", "linear", "exp"}
)

// Warmup multiplies a curve at its beginning: "constant" by Ratio, "linear" from Ratio to 1, "exp" by Ratio^(1-t/Length). With After
// the curve proper starts when the warm-up ends and its remaining length is shortened by it, else both start at 0.
type Warmup struct {
	Kind    string  `json:"kind"`
	Length  int     `json:"length"` // epochs with ByEpoch, else steps
	Ratio   float64 `json:"ratio"`
	ByEpoch bool    `json:"by_epoch,omitempty"`
	After   bool    `json:"after,omitempty"`
}

// At is the curve's value at step `step` of a run of epochs times perEpoch steps. Values: as Base; the step may lie beyond the end, where
// the curve keeps its last value.
func (c Curve) At(step, perEpoch, epochs int) float64 {
	t, total := float64(step), float64(perEpoch*epochs)
	if c.ByEpoch {
		t, total = float64(step/perEpoch), float64(epochs)
	}
	factor := 1.0
	if w := c.Warmup; w != nil {
		length := w.Length
		if w.ByEpoch {
			length *= perEpoch
		}
		if step < length {
			factor = w.factor(step, length)
		}
		if w.After {
			cut := float64(length)
			if c.ByEpoch {
				cut = math.Floor(cut / float64(perEpoch))
			}
			t, total = max(t-cut, 0), total-cut
		}
	}
	return factor * c.value(t, total)
}

func (w *Warmup) factor(step, length int) float64 {
	share := float64(step) / float64(length)
	switch w.Kind {
	case "constant":
		return w.Ratio
	case "exp":
		return math.Pow(w.Ratio, 1-share)
	}
	return 1 - (1-share)*(1-w.Ratio)
}

// value is the curve without its warm-up at t of total.
func (c Curve) value(t, total float64) float64 {
	share := 1.0
	if total > 0 {
		share = min(t/total, 1)
	}
	switch c.Kind {
	case "step":
		v := c.Base
		for _, m := range c.Milestones {
			if t >= float64(m) {
				v *= c.Gamma
			}
		}
		return v
	case "cosine":
		return c.Min + (c.Base-c.Min)*(1+math.Cos(math.Pi*share))/2
	case "polynomial":
		return c.Min + (c.Base-c.Min)*math.Pow(1-share, c.Power)
	}
	return c.Base
}
