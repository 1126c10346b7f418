package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"ssc/compiler/plan"
	"ssc/runtime/augment"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
)

// engine executes the training graph on the state.
type engine struct {
	plan     *plan.Plan
	model    []byte
	session  *ort.Session
	host     *state // on the processor
	far      *far   // where the state is on a GPU; nil: it is the processor's
	free     int64  // bytes that the GPU had before
	scalars  *ort.Tensor
	metrics  *ort.Tensor
	fields   map[string]*ort.Tensor
	bindings [2][2]*ort.Binding // with the state's buffers either way round, equal when nothing is swapped; and with either set of a device's fields
	turn     int
	// noKernels is why the plan's native kernels are not used and the bodies of their functions run; nil: they are, or it lists none.
	noKernels error
	misfits   []string         // functions that run by their bodies, since another version of ssc compiled the plan for kernels with other inputs
	kernels   *nvrtc.Functions // functions that a GPU computes by kernels of ours; nil for none
}

// sessionOptions are those of every session of a run.
func sessionOptions(p *plan.Plan, threads int) ort.SessionOptions {
	return ort.SessionOptions{Threads: threads, Provider: p.Target.Device, DisableMemPattern: true}
}

// onGPU reports whether a plan's steps run on a GPU.
func onGPU(p *plan.Plan) bool {
	kind, _, err := plan.ParseDevice(p.Target.Device)
	return err == nil && kind == "cuda"
}

// newEngine makes the session and the state, where the plan's target says. Where trace is not empty, ONNX Runtime times every node and writes that into a file of this prefix, until the session's EndProfile.
func newEngine(p *plan.Plan, model []byte, threads int, trace string) (*engine, error) {
	if !onGPU(p) {
		return newEngineOn(place{}, p, model, threads, trace)
	}
	_, index, err := plan.ParseDevice(p.Target.Device)
	if err != nil {
		return nil, err
	}
	gpu := place{
		open:    func() (*ort.Device, error) { return ort.OpenDevice(p.Target.Device, "") }, // behind the session, whose provider brings the device's libraries
		kernels: func(names []string) (*nvrtc.Functions, error) { return nvrtc.OpenFunctions(index, names) },
	}
	return newEngineOn(gpu, p, model, threads, trace)
}

// place is where steps run, if not on the processor: the device that has the state, and what computes functions there.
type place struct {
	open    func() (*ort.Device, error)
	kernels func(names []string) (*nvrtc.Functions, error)
}

// newEngineOn is newEngine with the state and the kernels of a place.
func newEngineOn(at place, p *plan.Plan, model []byte, threads int, trace string) (_ *engine, err error) {
	e := &engine{plan: p, model: model, fields: map[string]*ort.Tensor{}}
	defer func() {
		if err != nil {
			err = e.explain(err)
			e.close()
		}
	}()
	// The graph is run as the compiler ordered it: ONNX Runtime's own rewriting costs half a second at the start and saves no time in a step (1.1 against 1.1 to
	// 1.3 seconds of processor time for the Fashion-MNIST example, ONNX Runtime 1.30).
	o := sessionOptions(p, threads)
	o.OptLevel, o.Profile = ort.OptOff, trace
	if onGPU(p) {
		o.ProviderOptions = recorded()
	} else {
		o.Reserve = int(between(p, threads)) * 4 / 3 // a third for gaps; what is never touched costs nothing
	}
	e.noKernels = e.useKernels(&o, at)
	if e.session, e.misfits, err = ort.NewSessionOf(model, o); err != nil {
		return nil, err
	}
	if err = e.allocate(at.open); err != nil {
		return nil, err
	}
	for i := range e.bindings {
		if i == 1 && len(e.live().shadow) == 0 {
			e.bindings[1] = e.bindings[0]
			break
		}
		for set := range e.sets() {
			if e.bindings[i][set], err = e.bind(set); err != nil {
				return nil, err
			}
			if e.far != nil {
				if err = e.bindings[i][set].Configure("gpu_graph_id", strconv.Itoa(2*i+set+1)); err != nil {
					return nil, err
				}
			}
		}
		e.live().swap()
	}
	return e, nil
}

// useKernels has the session run the plan's functions by native kernels. The error says why their bodies run instead.
func (e *engine) useKernels(o *ort.SessionOptions, at place) (err error) {
	names := e.plan.Target.Kernels
	if at.kernels == nil || len(names) == 0 {
		return o.UseKernels(names)
	}
	if e.kernels, err = at.kernels(names); err == nil {
		o.Launcher = e.kernels.Launcher
	}
	return err
}

// allocate makes the tensors that a step reads and writes. With a device the step's own are there, and the processor's are what is copied to and from them.
func (e *engine) allocate(open func() (*ort.Device, error)) (err error) {
	allocate, specs := ort.NewTensor, e.plan.State
	if open != nil {
		d, err := open()
		if err != nil {
			return err
		}
		if e.free, _, err = d.Memory(); err != nil {
			d.Close()
			return err
		}
		if e.far, err = newFar(e.plan, d); err != nil {
			return err
		}
		e.far.graphs = len(recorded()) > 0
		allocate, specs = d.NewHost, readOnly(specs)
	}
	if e.host, err = newStateIn(specs, ort.NewTensor); err != nil {
		return err
	}
	if e.scalars, err = allocate("f32", []int{len(e.plan.Scalars)}); err != nil {
		return err
	}
	if e.metrics, err = allocate("f32", []int{len(e.plan.Metrics)}); err != nil {
		return err
	}
	for _, f := range e.plan.Fields {
		if e.fields[f.Name], err = allocate(f.DType, f.Dims); err != nil {
			return err
		}
	}
	return nil
}

// recorded are the provider's options with which a GPU records the step as one piece and replays it, where SSC_CUDA_GRAPH asks for that.
func recorded() map[string]string {
	if os.Getenv("SSC_CUDA_GRAPH") == "" {
		return nil
	}
	return map[string]string{"enable_cuda_graph": "1"}
}

// makesViews reports whether the device makes the views of batches, as SSC_CUDA_AUGMENT asks, and opens it for that. It has never been done on a GPU.
func (e *engine) makesViews() (bool, error) {
	switch {
	case os.Getenv("SSC_CUDA_AUGMENT") == "":
		return false, nil
	case e.far == nil:
		return false, errors.New("SSC_CUDA_AUGMENT has a GPU make the views of images, but the run is on the processor. Add -device cuda, or unset it")
	case e.far.views != nil:
		return true, nil
	}
	_, index, err := plan.ParseDevice(e.plan.Target.Device)
	if err == nil {
		e.far.views, err = augment.Open("", index)
	}
	if err != nil {
		return false, fmt.Errorf("SSC_CUDA_AUGMENT: %w", err)
	}
	return true, nil
}

// explain adds to an error of a GPU without memory what to do.
func (e *engine) explain(err error) error {
	if !onGPU(e.plan) && e.free == 0 {
		return err
	}
	return outOfMemory(e.plan, e.model, e.free, err)
}

// live is the state that steps update.
func (e *engine) live() *state {
	if e.far != nil {
		return e.far.state
	}
	return e.host
}

// onHost is the state as it is after the last step, to be read.
func (e *engine) onHost() (*state, error) {
	if e.far != nil {
		if err := e.far.fetch(e.host); err != nil {
			return nil, fmt.Errorf("fetching the state: %w", err)
		}
	}
	return e.host, nil
}

// toChange is the state as it is after the last step, to be read and written before the next.
func (e *engine) toChange() (*state, error) {
	s, err := e.onHost()
	if err == nil && e.far != nil {
		e.far.behind = true
	}
	return s, err
}

// slower says what makes a step slow that another machine, or another build of the kernels, would not.
func (e *engine) slower() (out []string) {
	const longer = "a step takes longer than it could: "
	if e.noKernels != nil {
		out = append(out, longer+e.noKernels.Error())
	}
	if len(e.misfits) > 0 {
		out = append(out, fmt.Sprintf(longer+"ssc %s compiled this run's plan for native kernels of %s that took other inputs than those that are here; they run by their bodies", e.plan.Compiler, strings.Join(e.misfits, ", ")))
	}
	if e.slowBFloat16() {
		out = append(out, "a step in bf16 takes longer here than one in fp32, though less memory: what computes in bfloat16 are native kernels, on a processor with AVX512_BF16; train.precision = \"fp32\" is faster")
	}
	return out
}

// slowBFloat16 reports whether the step keeps tensors in bfloat16 and nothing of this processor computes with them.
func (e *engine) slowBFloat16() bool {
	return e.plan.Target.Precision == "bf16" && !onGPU(e.plan) && (len(e.plan.Target.Kernels) == 0 || e.noKernels != nil || !ort.FastBFloat16())
}

// sets is the number of sets of fields that steps read in turns.
func (e *engine) sets() int {
	if e.far != nil {
		return len(e.far.fields)
	}
	return 1
}

// bind joins the graph to the state as it lies now, and to a set of a device's fields.
func (e *engine) bind(set int) (*ort.Binding, error) {
	state, fields, scalars, metrics := e.host, e.fields, e.scalars, e.metrics
	if e.far != nil {
		state, fields, scalars, metrics = e.far.state, e.far.fields[set], e.far.scalars, e.far.metrics
	}
	in := map[string]*ort.Tensor{"scalars": scalars}
	out := map[string]*ort.Tensor{"metrics": metrics}
	for name, t := range fields {
		in[name] = t
	}
	for _, s := range e.plan.State {
		in[s.Name] = state.now[s.Name]
		if s.Next == "" {
			continue
		}
		out[s.Next] = state.now[s.Name]
		if !s.InPlace {
			out[s.Next] = state.shadow[s.Name]
		}
	}
	return e.session.Bind(in, out)
}

// step runs the graph once on the fields as they are filled, or on the batch that a device has loaded. It is never broken off: a step that began ends. A device computes it beside what meanwhile does, if that is not nil, which may
// fill the fields and load the next batch: nothing that the step reads is touched by that.
func (e *engine) step(scalars []float32, meanwhile func()) ([]float32, error) {
	copy(e.scalars.Float32(), scalars)
	if err := e.run(context.Background(), meanwhile); err != nil {
		return nil, fmt.Errorf("training step: %w", e.explain(err))
	}
	return e.metrics.Float32(), nil
}

// once runs the graph, and makes what it wrote the current state.
func (e *engine) once(ctx context.Context) error {
	set := 0
	if e.far != nil {
		set = e.far.at
	}
	if err := e.bindings[e.turn][set].Run(ctx); err != nil {
		return err
	}
	if e.bindings[0] != e.bindings[1] {
		e.live().swap()
		e.turn = 1 - e.turn
	}
	return nil
}

// run runs the graph, wherever it runs.
func (e *engine) run(ctx context.Context, meanwhile func()) error {
	f := e.far
	if f == nil {
		return e.once(ctx)
	}
	if err := f.take(e); err != nil {
		return err
	}
	if f.graphs {
		if err := f.record(e); err != nil {
			return err
		}
	}
	if err := f.send(e); err != nil {
		return err
	}
	var other sync.WaitGroup
	if meanwhile != nil {
		other.Go(meanwhile)
	}
	err := e.once(ctx)
	if err == nil {
		err = f.receive(e)
	}
	other.Wait()
	return err
}

func (e *engine) close() {
	for i, sets := range e.bindings {
		for _, b := range sets {
			if b != nil && (i == 0 || sets != e.bindings[0]) {
				b.Close()
			}
		}
	}
	if e.session != nil {
		e.session.Close()
	}
	if e.kernels != nil {
		_ = e.kernels.Close() // at its worst modules stay loaded
	}
	if e.host != nil {
		e.host.close()
	}
	for _, t := range e.fields {
		if t != nil { // its memory was there
			t.Close()
		}
	}
	for _, t := range []*ort.Tensor{e.scalars, e.metrics} {
		if t != nil {
			t.Close()
		}
	}
	if e.far != nil { // last: its device made the others
		e.far.close()
	}
}
