package train

import (
	"fmt"
	"math"
	"slices"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/failpoint"
	"ssc/runtime/stage"
)

// maxFailedSaves is how often in a row saving may fail before a run stops: once is a disk that somebody is clearing, thrice is work that would be lost.
const maxFailedSaves = 3

// trySave saves in the middle of a run, which goes on when it fails: the older checkpoints are still there, and the next interval tries again.
func (r *run) trySave() error {
	err := r.save()
	if err == nil {
		r.failed = 0
		return nil
	}
	r.failed++
	r.lastSave = time.Now()
	if r.failed >= maxFailedSaves || r.lock.Check() != nil {
		return fmt.Errorf("%w: saving failed %d times in a row: %w", ErrFailed, r.failed, err)
	}
	r.Report.Note("not saved (%d of %d failures in a row that end the run), older checkpoints are kept and the next interval tries again: %s", r.failed, maxFailedSaves, err)
	return nil
}

// save writes a checkpoint, unless the newest one is of this state.
func (r *run) save() error {
	if r.saved == r.loop.Step {
		return nil
	}
	began := time.Now()
	if err := failpoint.SaveBefore.Hit(); err != nil {
		return err
	}
	if err := r.lock.Check(); err != nil {
		return err
	}
	for _, j := range []*journal{r.metrics, r.bad} {
		if err := j.sync(); err != nil {
			return err
		}
	}
	r.loop.Plan, r.loop.Seed, r.loop.Samples = r.digest, r.plan.Seed, r.data["train"].samples.Len()
	r.loop.Metrics, r.loop.BadLines = r.metrics.lines, r.bad.lines
	r.loop.Last = nil
	if r.loop.Measure > 0 {
		for _, x := range r.engine.metrics.Float32() {
			r.loop.Last = append(r.loop.Last, math.Float32bits(x))
		}
	}
	state, err := r.engine.onHost()
	if err != nil {
		return err
	}
	if err := r.store.Save(r.loop.Step, append(stateTensors(r.plan, state), r.labels.Tensors()...), r.loop); err != nil {
		return err
	}
	if err := failpoint.SaveAfter.Hit(); err != nil {
		return err
	}
	r.saved, r.lastSave = r.loop.Step, time.Now()
	r.saves++
	r.saving += time.Since(began)
	r.Track.Spend("checkpoints", time.Since(began))
	r.Track.Saved(r.loop.Step)
	return nil
}

func stateTensors(p *plan.Plan, s *state) []checkpoint.Tensor {
	var out []checkpoint.Tensor
	for _, spec := range p.State {
		out = append(out, checkpoint.Tensor{Name: spec.Name, DType: spec.DType, Dims: spec.Dims, Role: spec.Role, Data: s.now[spec.Name].Bytes()})
	}
	return out
}

// resume takes up the newest checkpoint, or the initial state.
func (r *run) resume() error {
	r.saved = -1
	left, err := r.store.Clean()
	if err != nil {
		return Refused{err}
	}
	r.noteLeft(left)
	c, passed, err := r.store.Latest()
	if err != nil {
		return Refused{err}
	}
	for _, err := range passed {
		if r.Strict {
			return refuse("%w. Without -strict the run would go on from an older checkpoint.", err)
		}
		r.Report.Note("passed over a damaged checkpoint: %s", err)
	}
	if c == nil {
		return r.begin(r.engine.host)
	}
	if len(passed) > 0 {
		r.Report.Note("going on from %s", c.Path)
	}
	if err := c.Loop(&r.loop); err != nil {
		return Refused{err}
	}
	if r.loop.Plan != r.digest {
		return refuse("%s belongs to another plan than the run folder's. Name another folder with -run.", c.Path)
	}
	if err := r.readState(c); err != nil {
		return Refused{err}
	}
	if err := r.store.Tidy(c); err != nil {
		return Refused{err}
	}
	if m := r.engine.metrics; m != nil && len(r.loop.Last) == len(r.plan.Metrics) { // an evaluation has none
		for i, bits := range r.loop.Last {
			m.Float32()[i] = math.Float32frombits(bits)
		}
	}
	r.saved = r.loop.Step
	return nil
}

// readState fills the state from a checkpoint, which must hold exactly its tensors, and the pseudo-labels of a run that has some.
func (r *run) readState(c *checkpoint.Checkpoint) error {
	p, s := r.plan, r.engine.host
	read := 0
	var labels []byte
	err := c.Read(func(t safetensors.Info) ([]byte, error) {
		if t.Name == stage.LabelsTensor && r.trainedPlan().Labels() && t.DType == "i32" && len(t.Dims) == 1 {
			labels = make([]byte, 4*t.Dims[0])
			return labels, nil
		}
		i := slices.IndexFunc(p.State, func(s plan.State) bool { return s.Name == t.Name })
		if i < 0 {
			return nil, fmt.Errorf("the plan has no tensor %q", t.Name)
		}
		if want := p.State[i]; want.DType != t.DType || !slices.Equal(want.Dims, t.Dims) {
			return nil, fmt.Errorf("tensor %s, but the plan has %s%v", t, want.DType, want.Dims)
		}
		read++
		return s.now[t.Name].Bytes(), nil
	})
	if err == nil && read != len(p.State) {
		err = fmt.Errorf("%s holds %d of the plan's %d tensors", c.Path, read, len(p.State))
	}
	if err != nil || r.labels == nil {
		return err
	}
	switch {
	case labels != nil:
		err = r.labels.Restore(labels, r.loop.Samples)
	case r.loop.Step > 0 || r.loop.Stages == 0:
		err = fmt.Errorf("%s holds no tensor %s", c.Path, stage.LabelsTensor)
	}
	return err
}
