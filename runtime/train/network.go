package train

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/ort"
	"ssc/runtime/probe"
)

// Network is a run's network with the weights of a checkpoint, for those who only look at it: nothing in the run folder is locked or changed, and a run may go on there meanwhile. Close
// frees it.
type Network struct {
	*probe.Subject
	Step int    // of the checkpoint
	Path string // of the checkpoint
	// Tensors are its parameters, buffers and teachers, in the order of the plan.
	Tensors []plan.State
	state   *state
}

// OpenNetwork reads the weights of the run folder o.Dir: those of a step, or of the newest complete checkpoint when step is below 0. The plan may be another than the run's whose training is
// the same ([plan.TrainingDifferences]). No dataset is opened.
func OpenNetwork(p *plan.Plan, models map[string][]byte, step int, o Options) (*Network, error) {
	r := newRun(p, models, o)
	if err := r.checkModels(); err != nil {
		return nil, Refused{err}
	}
	c, err := openCheckpoint(o.Dir, step)
	if err != nil {
		return nil, Refused{err}
	}
	n := &Network{Step: c.Step, Path: c.Path}
	for _, s := range p.State {
		if s.Role == plan.RoleParam || s.Role == plan.RoleBuffer || s.Role == plan.RoleTeacher {
			n.Tensors = append(n.Tensors, s)
		}
	}
	if n.state, err = newState(&plan.Plan{State: readOnly(n.Tensors)}); err != nil {
		return nil, err
	}
	if err := n.read(c); err != nil {
		n.state.close()
		return nil, Refused{err}
	}
	n.Subject = r.subject(probe.Encoder, n.state)
	return n, nil
}

func openCheckpoint(dir string, step int) (*checkpoint.Checkpoint, error) {
	store := checkpoint.Open(filepath.Join(dir, "checkpoints"), 0)
	if step >= 0 {
		return store.Load(step)
	}
	c, _, err := store.Latest()
	if err == nil && c == nil {
		err = fmt.Errorf("%s has no checkpoint yet: train first", dir)
	}
	return c, err
}

// readOnly are tensors that no step will change, which need no second buffer.
func readOnly(list []plan.State) []plan.State {
	out := slices.Clone(list)
	for i := range out {
		out[i].Next = ""
	}
	return out
}

// read takes the tensors that it wants and passes over those of the optimizer.
func (n *Network) read(c *checkpoint.Checkpoint) error {
	left := map[string]plan.State{}
	for _, s := range n.Tensors {
		left[s.Name] = s
	}
	var unwanted []byte
	err := c.Read(func(t safetensors.Info) ([]byte, error) {
		s, ok := left[t.Name]
		if !ok {
			size := int(t.Size())
			unwanted = slices.Grow(unwanted[:0], size)[:size]
			return unwanted, nil
		}
		if s.DType != t.DType || !slices.Equal(s.Dims, t.Dims) {
			return nil, fmt.Errorf("tensor %s, but the plan has %s%v", t, s.DType, s.Dims)
		}
		delete(left, t.Name)
		return n.state.now[t.Name].Bytes(), nil
	})
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s lacks %d of the plan's %d tensors", c.Path, len(left), len(n.Tensors))
	}
	return err
}

// Tensor is the memory of one of its Tensors.
func (n *Network) Tensor(name string) *ort.Tensor { return n.state.now[name] }

// OpenData opens a dataset of the plan, whose images are then among the subject's Data.
func (n *Network) OpenData(ctx context.Context, name string) error {
	spec := n.Plan.Dataset(name)
	if spec == nil {
		return refuse("there is no dataset %q", name)
	}
	d, err := probe.Open(ctx, *spec)
	if err != nil {
		return Refused{err}
	}
	n.Data[name] = d
	return nil
}

// Close frees the weights and what was extracted.
func (n *Network) Close() {
	n.Subject.Close()
	n.state.close()
}
