package train

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/probe"
)

// trialImages is how many images of each dataset a dry run measures on: one batch of extraction, or a few.
const trialImages = 512

// caps are the arguments of a probe that bound how many images of a dataset it takes, by the argument that names the dataset.
var caps = map[string]string{"bank": "max_bank", "queries": "max_queries", "images": "samples"}

// tryProbes measures once with each block.
func (r *run) tryProbes(ctx context.Context, t *Trial) (err error) {
	trained, err := r.engine.onHost()
	if err != nil {
		return err
	}
	step := map[string]float64{}
	for i, name := range r.plan.Metrics {
		step[name] = float64(r.engine.metrics.Float32()[i])
	}
	for _, c := range r.plan.Monitors {
		p, err := r.tryProbe(ctx, c, probe.Encoder, trained, step)
		if err != nil {
			return fmt.Errorf("monitor: %w", err)
		}
		epochs, every := t.Steps/t.PerEpoch, max(c.Int("every"), 1)
		if p.Times = epochs / every; epochs == r.plan.Train.Epochs && epochs%every > 0 { // the last epoch is always measured
			p.Times++
		}
		t.Monitors = append(t.Monitors, p)
	}
	if r.Steps > 0 { // a run that is asked to stop does not evaluate
		return nil
	}
	for _, c := range r.plan.Evaluate {
		subjects := map[string]*state{probe.Encoder: trained}
		if c.Bool("untrained") {
			subjects[probe.Untrained] = trained // another state takes as long
		}
		if c.Bool("raw_pixels") {
			subjects[probe.RawPixels] = nil
		}
		for _, name := range []string{probe.Encoder, probe.Untrained, probe.RawPixels} {
			state, asked := subjects[name]
			if !asked {
				continue
			}
			p, err := r.tryProbe(ctx, c, name, state, nil)
			if err != nil {
				return fmt.Errorf("evaluate: %w", err)
			}
			p.Times = 1
			t.Evaluate = append(t.Evaluate, p)
		}
	}
	return nil
}

// tryProbe times a measurement on two parts of the images, the second twice as large, and concludes from them what all take. A probe that finds the part too small is given all.
func (r *run) tryProbe(ctx context.Context, c plan.Component, name string, state *state, step map[string]float64) (TrialProbe, error) {
	p := TrialProbe{Name: c.Label}
	if name != probe.Encoder {
		p.Name += " of " + name
	}
	var images [2]int
	var took [2]float64
	for i, n := range []int{trialImages / 2, trialImages} {
		s := r.subject(name, state)
		s.Step = step
		if p.Images, images[i] = r.part(s, c, n); i > 0 && images[1] == images[0] {
			images[1], took[1] = images[0], took[0]
			break
		}
		began := time.Now()
		_, err := r.carryOut(ctx, c, s)
		took[i] = time.Since(began).Seconds()
		s.Close()
		if err != nil && images[i] < p.Images && ctx.Err() == nil {
			return r.tryWhole(ctx, c, p, name, state, step)
		}
		if err != nil {
			return p, err
		}
	}
	p.Measured, p.Seconds = images[1], took[1]
	if more := images[1] - images[0]; more > 0 && p.Images > p.Measured {
		slope := (took[1] - took[0]) / float64(more)
		if slope <= 0 { // the first one warmed something up
			slope = took[1] / float64(images[1])
		}
		p.Seconds += slope * float64(p.Images-p.Measured)
	}
	return p, nil
}

func (r *run) tryWhole(ctx context.Context, c plan.Component, p TrialProbe, name string, state *state, step map[string]float64) (TrialProbe, error) {
	s := r.subject(name, state)
	defer s.Close()
	s.Step = step
	began := time.Now()
	_, err := r.carryOut(ctx, c, s)
	p.Measured, p.Seconds = p.Images, time.Since(began).Seconds()
	return p, err
}

// part leaves at most n images of each dataset to the subject. It returns how many the block measures on in a run, and how many of what is left.
func (r *run) part(s *probe.Subject, c plan.Component, n int) (whole, left int) {
	var counted []string
	for _, arg := range []string{"bank", "queries", "images"} {
		d, ok := s.Data[c.Text(arg)]
		if !ok || slices.Contains(counted, c.Text(arg)) {
			continue
		}
		counted = append(counted, c.Text(arg))
		all := d.Samples.Len()
		used := all
		if most := c.Int(caps[arg]); most > 0 {
			used = min(all, most)
		}
		whole, left = whole+used, left+min(used, n)
		d.Samples = probe.Every(d.Samples, min(n, all))
		s.Data[c.Text(arg)] = d
	}
	return whole, left
}
