package ort

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	onnx "github.com/yalue/onnxruntime_go"
)

// Binding joins the inputs and outputs of a session to tensors. It is used by one goroutine at a time; two bindings of one session
// that exchange their tensors make the double buffer of state that cannot be updated in place.
type Binding struct {
	s       *Session
	handle  handle
	options *onnx.RunOptions
	inputs  map[string]*Tensor
	outputs map[string]*Tensor
}

// Bind joins every input of the session, and those outputs that are wanted, to tensors of their types. An output may have the tensor
// of an input, but not that of another output. All that is wrong is reported at once.
func (s *Session) Bind(inputs, outputs map[string]*Tensor) (*Binding, error) {
	if sessionHandle(s.session) == nil {
		return nil, fmt.Errorf("binding tensors: %w", errClosed)
	}
	if err := s.checkBinding(inputs, outputs); err != nil {
		return nil, fmt.Errorf("binding tensors: %w", err)
	}
	b := &Binding{s: s, inputs: map[string]*Tensor{}, outputs: map[string]*Tensor{}}
	var err error
	if b.options, err = onnx.NewRunOptions(); err != nil {
		return nil, fmt.Errorf("binding tensors: %w", err)
	}
	if b.handle, err = s.lib.newBinding(sessionHandle(s.session)); err != nil {
		return nil, errors.Join(fmt.Errorf("binding tensors: %w", err), b.options.Destroy())
	}
	s.mu.Lock()
	s.bindings[b] = true
	s.mu.Unlock()
	for _, side := range []struct {
		tensors map[string]*Tensor
		output  bool
	}{{inputs, false}, {outputs, true}} {
		for _, name := range slices.Sorted(maps.Keys(side.tensors)) {
			if err := b.set(name, side.tensors[name], side.output); err != nil {
				b.Close()
				return nil, err
			}
		}
	}
	return b, nil
}

func (s *Session) checkBinding(inputs, outputs map[string]*Tensor) error {
	var errs []error
	for _, p := range s.inputs {
		if inputs[p.Name] == nil {
			errs = append(errs, fmt.Errorf("no tensor for input %s", p))
		}
	}
	if len(outputs) == 0 {
		errs = append(errs, errors.New("no tensor for any output"))
	}
	owner := map[*Tensor]string{}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if first, ok := owner[outputs[name]]; ok {
			errs = append(errs, fmt.Errorf("outputs %s and %s have the same tensor", first, name))
		}
		owner[outputs[name]] = name
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		errs = append(errs, check(s.inputs, "input", name, inputs[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		errs = append(errs, check(s.outputs, "output", name, outputs[name]))
	}
	return errors.Join(errs...)
}

// check compares a tensor with the port it is meant for.
func check(ports []Port, side, name string, t *Tensor) error {
	i := slices.IndexFunc(ports, func(p Port) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("the model has no %s %q", side, name)
	}
	p := ports[i]
	if t == nil || !t.open.Load() {
		return fmt.Errorf("%s %s: the tensor is closed", side, p)
	}
	ok := t.dtype == p.DType && len(t.dims) == len(p.Dims)
	for j := 0; ok && j < len(p.Dims); j++ {
		ok = p.Dims[j] < 0 || p.Dims[j] == t.dims[j]
	}
	if !ok {
		return fmt.Errorf("%s %s: the tensor is %s", side, p, t)
	}
	return nil
}

// String prints the port as name: f32[-1 128].
func (p Port) String() string { return fmt.Sprintf("%s: %s%v", p.Name, p.DType, p.Dims) }

// SetInput joins one input to another tensor of the same type: the next batch, say.
func (b *Binding) SetInput(name string, t *Tensor) error {
	if err := check(b.s.inputs, "input", name, t); err != nil {
		return fmt.Errorf("binding tensors: %w", err)
	}
	return b.set(name, t, false)
}

func (b *Binding) set(name string, t *Tensor, output bool) error {
	if b.handle == nil {
		return errors.New("binding tensors: the binding is closed")
	}
	v, err := b.s.lib.valueOf(t)
	if err == nil {
		err = b.s.lib.bind(b.handle, name, v, output) // the binding keeps its own reference to the value
		b.s.lib.releaseValue(v)
	}
	if err != nil {
		return fmt.Errorf("binding %s: %w", name, err)
	}
	side := b.inputs
	if output {
		side = b.outputs
	}
	t.users.Add(1)
	if old := side[name]; old != nil {
		old.release()
	}
	side[name] = t
	return nil
}

// Configure sets an entry of the options that each run has.
func (b *Binding) Configure(key, value string) error {
	if b.handle == nil {
		return errors.New("configuring runs: the binding is closed")
	}
	if err := b.options.AddRunConfigEntry(key, value); err != nil {
		return fmt.Errorf("configuring runs: %s = %q: %w", key, value, err)
	}
	return nil
}

// valueOf wraps a tensor for ONNX Runtime.
func (l *library) valueOf(t *Tensor) (handle, error) {
	if t == nil || !t.open.Load() {
		return nil, errors.New("the tensor is closed")
	}
	memory := l.memory
	if t.far() {
		memory = t.device.info
	}
	return l.value(memory, t.data, t.bytes, t.dims, t.onnx)
}

// Run computes the bound outputs from the bound inputs. When ctx ends the run stops between two nodes and returns the context's error;
// tensors bound as outputs, state updated in place included, are then undefined.
func (b *Binding) Run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.handle == nil {
		return errors.New("running the model: the binding is closed")
	}
	if err := b.refresh(); err != nil {
		return fmt.Errorf("running the model: %w", err)
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- b.options.Terminate() })
	err := b.s.lib.run(sessionHandle(b.s.session), b.options, b.handle)
	if !stop() {
		err = errors.Join(context.Cause(ctx), <-stopped, b.options.UnsetTerminate())
		return fmt.Errorf("running the model: %w", err)
	}
	if err != nil {
		return fmt.Errorf("running the model: %s", strings.TrimSpace(err.Error()))
	}
	return nil
}

// refresh binds those inputs again that lie on the processor while the session does not: ONNX Runtime copies their elements when they are bound, and not when the model runs.
func (b *Binding) refresh() error {
	if !b.s.far {
		return nil
	}
	for name, t := range b.inputs {
		if t.far() {
			continue
		}
		v, err := b.s.lib.valueOf(t)
		if err == nil {
			err = b.s.lib.bind(b.handle, name, v, false)
			b.s.lib.releaseValue(v)
		}
		if err != nil {
			return fmt.Errorf("binding %s: %w", name, err)
		}
	}
	return nil
}

// Close frees the binding and lets go of its tensors. A second Close does nothing.
func (b *Binding) Close() {
	b.s.mu.Lock()
	delete(b.s.bindings, b)
	b.s.mu.Unlock()
	if b.handle == nil {
		return
	}
	b.s.lib.releaseBinding(b.handle)
	b.handle = nil
	_ = b.options.Destroy() // cannot fail
	for _, side := range []map[string]*Tensor{b.inputs, b.outputs} {
		for _, t := range side {
			t.release()
		}
	}
}
