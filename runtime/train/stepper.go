package train

import (
	"fmt"
	"strings"

	"ssc/compiler/plan"
)

// Stepper runs the training graph again and again on one batch of random images: what a benchmark measures. Nothing is loaded, logged or saved.
type Stepper struct{ e *engine }

// NewStepper prepares the plan's training graph with its initial state and a batch of normal noise.
func NewStepper(p *plan.Plan, model []byte, threads int) (*Stepper, error) {
	e, err := newEngine(p, model, threads, "")
	if err != nil {
		return nil, err
	}
	if err := e.host.reset(p.Seed); err != nil {
		e.close()
		return nil, err
	}
	r := plan.NewRand(p.Seed, plan.UseNoise, 0, 0, 0)
	for _, f := range p.Fields {
		if f.DType != "f32" {
			continue
		}
		data := e.fields[f.Name].Float32()
		for i := range data {
			data[i] = float32(r.Normal())
		}
	}
	return &Stepper{e}, nil
}

// Step trains once with the given learning rate, all else as at the start of a run, and returns the loss.
func (s *Stepper) Step(lr float64) (float64, error) {
	scalars := make([]float32, len(s.e.plan.Scalars))
	for i, c := range s.e.plan.Scalars {
		scalars[i] = float32(c.Curve.At(0, 1, 1))
		if strings.HasPrefix(c.Name, "lr") {
			scalars[i] = float32(lr)
		}
	}
	out, err := s.e.step(scalars, nil)
	if err != nil {
		return 0, err
	}
	for i, name := range s.e.plan.Metrics {
		if name == "loss" {
			return float64(out[i]), nil
		}
	}
	return 0, fmt.Errorf("the training graph has no metric loss")
}

// Close frees the state.
func (s *Stepper) Close() { s.e.close() }
