package train

import (
	"context"
	"fmt"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
)

// engine executes the training graph on the state.
type engine struct {
	plan     *plan.Plan
	session  *ort.Session
	state    *state
	scalars  *ort.Tensor
	metrics  *ort.Tensor
	fields   map[string]*ort.Tensor
	bindings [2]*ort.Binding // with the state's buffers either way round; equal when nothing is swapped
	turn     int
	// noKernels is why the plan's native kernels are not used and the bodies of their functions run; nil: they are, or it lists none.
	noKernels error
}

// sessionOptions are those of every session of a run.
func sessionOptions(p *plan.Plan, threads int) ort.SessionOptions {
	return ort.SessionOptions{Threads: threads, Provider: p.Target.Device, DisableMemPattern: true}
}

// newEngine makes the session and the state. Where trace is not empty, ONNX Runtime times every node and writes that into a file of this prefix, until the session's EndProfile.
func newEngine(p *plan.Plan, model []byte, threads int, trace string) (e *engine, err error) {
	e = &engine{plan: p, fields: map[string]*ort.Tensor{}}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	// The graph is run as the compiler ordered it: ONNX Runtime's own rewriting costs half a second at the start and saves no time in a step (1.1 against 1.1 to
	// 1.3 seconds of processor time for the Fashion-MNIST example, ONNX Runtime 1.30).
	o := sessionOptions(p, threads)
	o.OptLevel, o.Profile = ort.OptOff, trace
	o.Reserve = int(p.Stats.PeakBytes-p.Stats.StateBytes) * 4 / 3 // a third for what native kernels take beside their outputs, and for gaps; what is never touched costs nothing
	e.noKernels = o.UseKernels(p.Target.Kernels)
	if e.session, err = ort.NewSession(model, o); err != nil {
		return nil, err
	}
	if e.state, err = newState(p); err != nil {
		return nil, err
	}
	if e.scalars, err = ort.NewTensor("f32", []int{len(p.Scalars)}); err != nil {
		return nil, err
	}
	if e.metrics, err = ort.NewTensor("f32", []int{len(p.Metrics)}); err != nil {
		return nil, err
	}
	for _, f := range p.Fields {
		if e.fields[f.Name], err = ort.NewTensor(f.DType, f.Dims); err != nil {
			return nil, err
		}
	}
	for i := range e.bindings {
		if i == 1 && len(e.state.shadow) == 0 {
			e.bindings[1] = e.bindings[0]
			break
		}
		if e.bindings[i], err = e.bind(); err != nil {
			return nil, err
		}
		e.state.swap()
	}
	return e, nil
}

// slowBFloat16 reports whether the step keeps tensors in bfloat16 and nothing here computes with them.
func (e *engine) slowBFloat16() bool {
	return e.plan.Target.Precision == "bf16" && (len(e.plan.Target.Kernels) == 0 || e.noKernels != nil || !ort.FastBFloat16())
}

// bind joins the graph to the state as it lies now.
func (e *engine) bind() (*ort.Binding, error) {
	in := map[string]*ort.Tensor{"scalars": e.scalars}
	out := map[string]*ort.Tensor{"metrics": e.metrics}
	for name, t := range e.fields {
		in[name] = t
	}
	for _, s := range e.plan.State {
		in[s.Name] = e.state.now[s.Name]
		if s.Next == "" {
			continue
		}
		out[s.Next] = e.state.now[s.Name]
		if !s.InPlace {
			out[s.Next] = e.state.shadow[s.Name]
		}
	}
	return e.session.Bind(in, out)
}

// step runs the graph once on the fields as they are filled. It is never broken off: a step that began ends.
func (e *engine) step(scalars []float32) ([]float32, error) {
	copy(e.scalars.Float32(), scalars)
	if err := e.bindings[e.turn].Run(context.Background()); err != nil {
		return nil, fmt.Errorf("training step: %w", err)
	}
	if e.bindings[0] != e.bindings[1] {
		e.state.swap()
		e.turn = 1 - e.turn
	}
	return e.metrics.Float32(), nil
}

func (e *engine) close() {
	for i, b := range e.bindings {
		if b != nil && (i == 0 || b != e.bindings[0]) {
			b.Close()
		}
	}
	if e.session != nil {
		e.session.Close()
	}
	if e.state != nil {
		e.state.close()
	}
	for _, t := range e.fields {
		t.Close()
	}
	for _, t := range []*ort.Tensor{e.scalars, e.metrics} {
		if t != nil {
			t.Close()
		}
	}
}
