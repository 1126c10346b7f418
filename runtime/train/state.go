package train

import (
	"context"
	"fmt"
	"runtime"

	"ssc/compiler/plan"
	"ssc/runtime/augment"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
	"ssc/runtime/transform"
)

// state holds the tensors that live from step to step. Tensors that cannot be updated in place have a second buffer; after each step the
// two change places.
type state struct {
	specs  []plan.State
	now    map[string]*ort.Tensor
	shadow map[string]*ort.Tensor // second buffers
}

// newState makes the state of a plan in the processor's memory.
func newState(p *plan.Plan) (*state, error) { return newStateIn(p.State, ort.NewTensor) }

// newStateIn makes the tensors where allocate does.
func newStateIn(specs []plan.State, allocate func(dtype string, dims []int) (*ort.Tensor, error)) (_ *state, err error) {
	s := &state{specs: specs, now: map[string]*ort.Tensor{}, shadow: map[string]*ort.Tensor{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, spec := range specs {
		t, err := allocate(spec.DType, spec.Dims)
		if err != nil {
			return nil, fmt.Errorf("allocating state %q: %w", spec.Name, err)
		}
		s.now[spec.Name] = t
		if spec.Next == "" || spec.InPlace {
			continue
		}
		if t, err = allocate(spec.DType, spec.Dims); err != nil {
			return nil, fmt.Errorf("allocating state %q: %w", spec.Name, err)
		}
		s.shadow[spec.Name] = t
	}
	return s, nil
}

// reset gives every tensor its initial value.
func (s *state) reset(seed uint64) error {
	of := func(name string) []float32 {
		if t := s.now[name]; t != nil {
			return t.Float32()
		}
		return nil
	}
	for _, copies := range []bool{false, true} { // copies last, when what they copy is there
		for _, spec := range s.specs {
			if (spec.Init.Kind == "copy") != copies {
				continue
			}
			if err := initialise(seed, 0, spec, s.now[spec.Name].Float32(), of); err != nil {
				return err
			}
		}
	}
	return nil
}

// swap makes what the last step wrote the current state.
func (s *state) swap() {
	for name, t := range s.shadow {
		s.now[name], s.shadow[name] = t, s.now[name]
	}
}

func (s *state) close() {
	for _, m := range []map[string]*ort.Tensor{s.now, s.shadow} {
		for _, t := range m {
			t.Close()
		}
	}
}

// far is the state on a device whose memory the processor does not reach, and the device's side of what a step reads and writes beside it. The state is there from step to step, updated in
// place; the processor has a copy, which is brought up to date when somebody asks for it (engine.onHost) and sent before the next step where somebody may have changed it (engine.toChange).
type far struct {
	device           *ort.Device
	state            *state
	fields           [2]map[string]*ort.Tensor // of a batch: while a step reads one set, the next batch comes into the other
	scalars, metrics *ort.Tensor

	at     int  // the set that the last step has read
	to     int  // the set that the next step reads
	loaded bool // its batch has been begun to be brought there

	views *augment.GPU // makes the views of batches on the device; nil: the processor does

	ahead  bool // the device's state is newer than the processor's copy
	behind bool // it is older
	graphs bool // the device records the step once and replays it; not recorded yet
}

// newFar makes the device's tensors for the plan's step.
func newFar(p *plan.Plan, d *ort.Device) (_ *far, err error) {
	f := &far{device: d, fields: [2]map[string]*ort.Tensor{{}, {}}, behind: true}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	if f.state, err = newStateIn(p.State, d.NewTensor); err != nil {
		return nil, err
	}
	if f.scalars, err = d.NewTensor("f32", []int{len(p.Scalars)}); err != nil {
		return nil, err
	}
	if f.metrics, err = d.NewTensor("f32", []int{len(p.Metrics)}); err != nil {
		return nil, err
	}
	for _, set := range f.fields {
		for _, field := range p.Fields {
			if set[field.Name], err = d.NewTensor(field.DType, field.Dims); err != nil {
				return nil, fmt.Errorf("allocating the field %q: %w", field.Name, err)
			}
		}
	}
	return f, nil
}

// load begins to bring the batch that the processor has filled to the device, for the next step. That may be done while a step runs. The processor's fields must not be filled again before the next step has begun.
func (f *far) load(e *engine) error {
	for _, field := range e.plan.Fields {
		if f.views != nil && field.Kind == "view" {
			continue // it is made there
		}
		if err := f.device.CopyIn(f.fields[f.to][field.Name], e.fields[field.Name]); err != nil {
			return fmt.Errorf("field %q: %w", field.Name, err)
		}
	}
	f.loaded = true
	return nil
}

// take makes the batch that was loaded that of the step which begins; one that was not is loaded first.
func (f *far) take(e *engine) error {
	if !f.loaded {
		if err := f.load(e); err != nil {
			return err
		}
	}
	f.at, f.to, f.loaded = f.to, 1-f.to, false
	return nil
}

// send brings to the device what the step reads beside its batch: the scalars, and the state where it was changed. When it returns the batch is there, too.
func (f *far) send(e *engine) error {
	if f.behind {
		for name, t := range f.state.now {
			if err := f.device.CopyIn(t, e.host.now[name]); err != nil {
				return fmt.Errorf("state %q: %w", name, err)
			}
		}
	}
	if err := f.device.CopyIn(f.scalars, e.scalars); err != nil {
		return err
	}
	if err := f.device.Wait(); err != nil {
		return err
	}
	if f.views != nil {
		if err := f.views.Wait(); err != nil {
			return fmt.Errorf("making views: %w", err)
		}
	}
	f.behind = false
	return nil
}

// augment begins to make the views of a batch, in the fields that the next step reads, also while a step runs. When it returns the batch is no longer needed.
func (f *far) augment(p *plan.Plan, batch []transform.Recorded) error {
	if err := f.views.Send(batch); err != nil {
		return fmt.Errorf("sending images: %w", err)
	}
	for _, field := range p.Fields {
		if field.Kind != "view" {
			continue
		}
		if err := f.views.Make(field.View, batch, nvrtc.Address(f.fields[f.to][field.Name].Address())); err != nil {
			return fmt.Errorf("making view %d: %w", field.View, err)
		}
	}
	return nil
}

// fetchBatch brings the batch of the last step back to the processor, over one that may have been filled since.
func (f *far) fetchBatch(e *engine) error {
	if err := f.device.Wait(); err != nil {
		return err
	}
	for _, field := range e.plan.Fields {
		if err := f.device.CopyOut(e.fields[field.Name], f.fields[f.at][field.Name]); err != nil {
			return fmt.Errorf("field %q: %w", field.Name, err)
		}
	}
	return f.device.Wait()
}

// receive brings the step's metrics back.
func (f *far) receive(e *engine) error {
	f.ahead = true
	if err := f.device.CopyOut(e.metrics, f.metrics); err != nil {
		return err
	}
	return f.device.Wait()
}

// fetch brings the processor's copy of the state up to date.
func (f *far) fetch(host *state) error {
	if !f.ahead {
		return nil
	}
	for name, t := range f.state.now {
		if err := f.device.CopyOut(host.now[name], t); err != nil {
			return fmt.Errorf("state %q: %w", name, err)
		}
	}
	if err := f.device.Wait(); err != nil {
		return err
	}
	f.ahead = false
	return nil
}

// recordings is how often a step runs before the device has it recorded: providers warm up twice, and run once more to record.
const recordings = 3

// record lets the device record the step, in all of its bindings, with the gate closed: a step runs several times while it is recorded, and with the gate closed these change nothing.
func (f *far) record(e *engine) error {
	runtime.LockOSThread() // a recording belongs to the thread that made it
	gate := e.scalars.Float32()[0]
	e.scalars.Float32()[0] = 0
	if err := f.send(e); err != nil {
		return err
	}
	for range f.fields {
		for range recordings * len(e.bindings) {
			if err := e.once(context.Background()); err != nil {
				return fmt.Errorf("recording the step: %w", err)
			}
		}
		f.at = 1 - f.at
	}
	e.scalars.Float32()[0] = gate
	f.graphs = false
	return nil
}

func (f *far) close() {
	if f.views != nil {
		_ = f.views.Close() // what failed on the device has been said by the step
	}
	if f.state != nil {
		f.state.close()
	}
	for _, set := range f.fields {
		for _, t := range set {
			if t != nil {
				t.Close()
			}
		}
	}
	for _, t := range []*ort.Tensor{f.scalars, f.metrics} {
		if t != nil {
			t.Close()
		}
	}
	f.device.Close()
}
