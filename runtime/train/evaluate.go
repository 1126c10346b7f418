package train

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/failpoint"
	"ssc/runtime/ort"
	"ssc/runtime/probe"
	"ssc/runtime/report"
)

// Measurement is what a probe found.
type Measurement = probe.Measurement

// subject is what the probes measure: state nil means the images themselves.
func (r *run) subject(name string, state *state) *probe.Subject {
	s := &probe.Subject{Name: name, Plan: r.plan, Models: r.models, Threads: r.Threads, Workers: r.Workers, Data: map[string]probe.Dataset{}}
	for name, d := range r.data {
		s.Data[name] = probe.Dataset{Spec: d.spec, Samples: d.samples, Channels: d.channels}
	}
	if r.Track != nil && name == probe.Encoder {
		s.Look = r.Track.Look
	}
	if state != nil {
		s.Weights = func(name string) *ort.Tensor { return state.now[name] }
	}
	return s
}

// monitor makes the measurements that the epoch's end still waits for, and logs what it finds. When ctx ends the rest is left.
func (r *run) monitor(ctx context.Context) error {
	if r.loop.Measure == 0 {
		return nil
	}
	state, err := r.engine.onHost()
	if err != nil {
		return fmt.Errorf("%w: monitor: %w", ErrFailed, err)
	}
	s := r.subject(probe.Encoder, state)
	defer s.Close()
	s.Step = map[string]float64{}
	for i, name := range r.plan.Metrics {
		s.Step[name] = float64(r.engine.metrics.Float32()[i])
	}
	var shown []string
	for r.loop.Measure > 0 {
		c := r.plan.Monitors[len(r.plan.Monitors)-r.loop.Measure]
		text, err := r.measure(ctx, c, s)
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: monitor: %w", ErrFailed, err)
		}
		if text != "" {
			shown = append(shown, text)
		}
		r.loop.Measure--
		r.saved = -1 // a checkpoint of this step, if there is one, still waits for the measurement
	}
	if len(shown) > 0 {
		r.probed = strings.Join(shown, "  ")
	}
	return nil
}

// measure carries out a monitor if its turn has come. It returns what the bar shows of it.
func (r *run) measure(ctx context.Context, c plan.Component, s *probe.Subject) (shown string, err error) {
	if err := failpoint.Monitor.Hit(); err != nil {
		return "", err
	}
	epoch, every := r.loop.Step/r.perEpoch, c.Int("every")
	if every < 1 || epoch%every != 0 && epoch < r.plan.Train.Epochs {
		return "", nil
	}
	began := time.Now()
	found, err := r.carryOut(ctx, c, s)
	if err != nil {
		return "", err
	}
	r.Track.Spend("probes", time.Since(began))
	r.Track.Monitored(r.loop.Step, found)
	line := record{Step: r.loop.Step, Epoch: float64(epoch), Values: map[string]number{}, BadSteps: r.loop.BadSteps}
	for _, m := range found {
		for name, v := range m.Metrics {
			line.Values[name] = number(v)
		}
		r.Report.Note("epoch %d: %s", epoch, m)
		for _, w := range m.Warnings {
			r.Report.Note("epoch %d: warning: %s", epoch, w)
		}
	}
	if v, ok := line.Values[c.Label]; ok {
		shown = fmt.Sprintf("%s %.2f", c.Label, 100*float64(v))
	}
	if len(line.Values) == 0 {
		return shown, nil
	}
	return shown, r.addRecord(line)
}

// carryOut makes the measurements of one block. Unreadable images among those measured are borne as in training.
func (r *run) carryOut(ctx context.Context, c plan.Component, s *probe.Subject) ([]Measurement, error) {
	p, err := probe.New(c)
	if err != nil {
		return nil, err
	}
	if err := failpoint.Probe.Hit(); err != nil {
		return nil, err
	}
	bad := 0
	s.OnBad = r.countBad(&bad)
	found, err := p.Measure(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %s of %s: %w", c.At, c.Label, s.Name, err)
	}
	if bad > 0 {
		r.Report.Note("%s of %s: unreadable images, another was measured in the place of each: %d", c.Label, s.Name, bad)
	}
	return found, nil
}

// Evaluate carries out the plan's evaluate blocks on the newest checkpoint of the run folder, which is a run of the plan or of o.Trained. found is called with each measurement as it is made: those of the encoder first,
// then those of what blocks ask to compare it with. Only the datasets that the blocks name are opened.
func Evaluate(ctx context.Context, p *plan.Plan, models map[string][]byte, o Options, found func(Measurement)) error {
	r := newRun(p, models, o)
	defer r.close()
	var err error
	if r.digest, err = r.trainedPlan().Digest(); err != nil {
		return err
	}
	if r.data, err = openData(ctx, p, named(p.Datasets, p.Evaluate), r.Report.Note); err != nil {
		return err
	}
	if err := r.openFolder(); err != nil {
		return err
	}
	trained, err := newState(p)
	if err != nil {
		return err
	}
	r.engine = &engine{host: trained}
	if err := r.resume(); err != nil {
		return err
	}
	if r.saved < 0 {
		return refuse("%s has no checkpoint yet: train first", r.Dir)
	}
	r.noteChanges()
	r.perEpoch = plan.StepsPerEpoch(r.loop.Samples, p.Loader.BatchSize, p.Loader.Last)
	r.track(r.loop.Samples, true)
	began := time.Now()
	err = r.evaluateAll(ctx, trained, found)
	r.Track.Spend("evaluation", time.Since(began))
	r.Track.End(r.standing(ctx, err))
	return err
}

// trainedPlan is the plan that the run folder was trained by.
func (r *run) trainedPlan() *plan.Plan {
	if r.Trained != nil {
		return r.Trained
	}
	return r.plan
}

// standing is what the report says of a run after an evaluation.
func (r *run) standing(ctx context.Context, err error) (report.Status, string) {
	switch {
	case err != nil && ctx.Err() == nil:
		return report.Failed, "evaluating: " + err.Error()
	case r.loop.Step >= r.perEpoch*r.trainedPlan().Train.Epochs:
		return report.Finished, ""
	}
	return report.Stopped, "at a checkpoint"
}

// evaluateAll carries out the evaluate blocks on the encoder, then on what they ask to compare it with.
func (r *run) evaluateAll(ctx context.Context, trained *state, found func(Measurement)) error {
	p := r.plan
	if err := r.evaluate(ctx, probe.Encoder, trained, p.Evaluate, found); err != nil {
		return err
	}
	asked := func(arg string) []plan.Component {
		return slices.DeleteFunc(slices.Clone(p.Evaluate), func(c plan.Component) bool { return !c.Bool(arg) })
	}
	if blocks := asked("untrained"); len(blocks) > 0 {
		fresh, err := newState(p)
		if err != nil {
			return err
		}
		defer fresh.close()
		if err := r.begin(fresh); err != nil {
			return err
		}
		if err := r.evaluate(ctx, probe.Untrained, fresh, blocks, found); err != nil {
			return err
		}
	}
	return r.evaluate(ctx, probe.RawPixels, nil, asked("raw_pixels"), found)
}

// evaluate carries out the blocks on one subject.
func (r *run) evaluate(ctx context.Context, name string, state *state, blocks []plan.Component, found func(Measurement)) error {
	s := r.subject(name, state)
	defer s.Close()
	for _, c := range blocks {
		list, err := r.carryOut(ctx, c, s)
		if err != nil {
			return err
		}
		for _, m := range list {
			found(m)
			r.Track.Measured(m)
		}
	}
	return nil
}
