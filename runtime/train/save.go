package train

import (
	"fmt"
	"slices"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
)

// save writes a checkpoint, unless the newest one is of this step.
func (r *run) save() error {
	if r.saved == r.loop.Step {
		return nil
	}
	if err := r.metrics.sync(); err != nil {
		return fmt.Errorf("%w: writing metrics: %w", ErrFailed, err)
	}
	r.loop.Plan, r.loop.Seed, r.loop.Metrics, r.loop.Samples = r.digest, r.plan.Seed, r.metrics.lines, r.data["train"].samples.Len()
	var tensors []checkpoint.Tensor
	for _, s := range r.plan.State {
		tensors = append(tensors, checkpoint.Tensor{Name: s.Name, DType: s.DType, Dims: s.Dims, Role: s.Role, Data: r.engine.state.now[s.Name].Bytes()})
	}
	if err := r.store.Save(r.loop.Step, tensors, r.loop); err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	r.saved, r.lastSave = r.loop.Step, time.Now()
	return nil
}

// resume takes up the newest checkpoint, or the initial state.
func (r *run) resume() error {
	r.saved = -1
	left, err := r.store.Clean()
	if err != nil {
		return Refused{err}
	}
	if len(left) > 0 {
		r.Report.Note("removed what an interrupted process left: %v", left)
	}
	c, passed, err := r.store.Latest()
	if err != nil {
		return Refused{err}
	}
	for _, err := range passed {
		r.Report.Note("passed over a damaged checkpoint: %s", err)
	}
	if c == nil {
		return r.engine.state.reset(r.plan.Seed)
	}
	if err := c.Loop(&r.loop); err != nil {
		return Refused{err}
	}
	if r.loop.Plan != r.digest {
		return refuse("%s belongs to another plan than the run folder's. Name another folder with -run.", c.Path)
	}
	if n := r.data["train"].samples.Len(); n != r.loop.Samples {
		return refuse("%s: dataset \"train\" had %d images when the run was saved and has %d now. Restore the images, or begin anew in another folder with -run.", r.data["train"].at, r.loop.Samples, n)
	}
	if err := readState(c, r.plan, r.engine.state); err != nil {
		return Refused{err}
	}
	r.saved = r.loop.Step
	return nil
}

// readState fills the state from a checkpoint, which must hold exactly its tensors.
func readState(c *checkpoint.Checkpoint, p *plan.Plan, s *state) error {
	read := 0
	err := c.Read(func(t safetensors.Info) ([]byte, error) {
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
	return err
}
