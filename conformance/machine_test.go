package conformance

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/ort"
	"ssc/runtime/transform"
)

// tables are those of the command line.
var tables = compiler.Tables{Source: datasource.Table, Transform: transform.Table}

// compile compiles a file of testdata, with more text laid over it as by a file that extends it.
func compile(t *testing.T, name string, passes bool, over ...string) *compiler.Result {
	t.Helper()
	return compileOver(t, compiler.Options{NoPasses: !passes}, name, over...)
}

// compileOver is compile with any options.
func compileOver(t *testing.T, o compiler.Options, name string, over ...string) *compiler.Result {
	t.Helper()
	files := []string{filepath.Join("testdata", name)}
	for i := range over {
		files = append(files, fmt.Sprintf("over%d.hcl", i))
	}
	read := func(file string) ([]byte, error) {
		if i := slices.Index(files, file); i > 0 {
			return []byte(over[i-1]), nil
		}
		return os.ReadFile(file)
	}
	p, diags := lang.Load(files, lang.Options{Root: tables.Root, ReadFile: read})
	if diags.HasErrors() {
		t.Fatalf("loading %s: %v", name, diags)
	}
	o.Name = p.Name
	r, diags := compiler.Compile(p.Root, tables, o)
	if diags.HasErrors() {
		t.Fatalf("compiling %s: %v", name, diags)
	}
	return r
}

// machine executes a compiled training step and keeps its state.
type machine interface {
	// step runs once. Scalars that are not given have their value at step 0 of training; gate and apply are 1.
	step(t *testing.T, fields map[string]*ir.Tensor, scalars map[string]float64) map[string]float64
	// get and set read and write a state tensor.
	get(t *testing.T, name string) []float64
	set(t *testing.T, name string, data []float64)
}

// newMachine makes an evaluator in float64, or a session of ONNX Runtime with the state bound as the plan says. Its state is
// initialised.
func newMachine(t *testing.T, r *compiler.Result, float64s bool) machine {
	t.Helper()
	var m machine
	if float64s {
		m = newEvaluator(r)
	} else {
		m = newNative(t, r, ort.OptAll)
	}
	begin(t, r, m)
	return m
}

// begin gives the state its initial values.
func begin(t *testing.T, r *compiler.Result, m machine) {
	t.Helper()
	for _, s := range r.Plan.State {
		if s.Init.Kind != "copy" {
			m.set(t, s.Name, initial(t, s))
		}
	}
	copies(t, r, m)
}

// copies gives the state that starts as a copy its value: what it copies has one.
func copies(t *testing.T, r *compiler.Result, m machine) {
	t.Helper()
	for _, s := range r.Plan.State {
		if s.Init.Kind == "copy" {
			m.set(t, s.Name, m.get(t, s.Init.Of))
		}
	}
}

// initial is a start of the kind that the plan asks for, the same in every process.
func initial(t *testing.T, s plan.State) []float64 {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(s.Name))
	rnd := plan.NewRand(0, plan.UseInit, h.Sum64(), 0, 0)
	x := ir.NewTensor(ir.Float32, s.Dims...).Data
	for i := range x {
		switch s.Init.Kind {
		case "constant":
			x[i] = s.Init.Value
		case "uniform":
			x[i] = rnd.Uniform(s.Init.Lo, s.Init.Hi)
		case "normal":
			x[i] = s.Init.Mean + s.Init.Std*rnd.Normal()
		case "trunc_normal":
			for x[i] = math.Inf(1); x[i] < s.Init.Lo || x[i] > s.Init.Hi; {
				x[i] = s.Init.Mean + s.Init.Std*rnd.Normal()
			}
		default:
			t.Fatalf("state %s starts by %q, which no test has needed", s.Name, s.Init.Kind)
		}
	}
	if s.Init.Unit {
		size := len(x) / s.Dims[0]
		for i := 0; i < len(x); i += size {
			norm := distance(x[i:i+size], make([]float64, size))
			for j := range size {
				x[i+j] /= norm
			}
		}
	}
	for i, v := range x {
		x[i] = float64(float32(v))
	}
	return x
}

// scalarsOf is the input "scalars" of a step.
func scalarsOf(p *plan.Plan, given map[string]float64) *ir.Tensor {
	x := ir.NewTensor(ir.Float32, len(p.Scalars))
	for i, s := range p.Scalars {
		x.Data[i] = s.Curve.At(0, 1, 1)
		if v, ok := given[s.Name]; ok {
			x.Data[i] = v
		}
	}
	return x
}

// evaluator is the machine of the reference evaluator.
type evaluator struct {
	result *compiler.Result
	state  map[string]*ir.Tensor
}

func newEvaluator(r *compiler.Result) *evaluator {
	e := &evaluator{result: r, state: map[string]*ir.Tensor{}}
	for _, s := range r.Plan.State {
		e.state[s.Name] = ir.NewTensor(ir.Float32, s.Dims...)
	}
	return e
}

func (e *evaluator) get(_ *testing.T, name string) []float64 { return e.state[name].Data }

func (e *evaluator) set(t *testing.T, name string, data []float64) {
	t.Helper()
	s := e.state[name]
	if s == nil || len(s.Data) != len(data) {
		t.Fatalf("there is no state %s of %d elements", name, len(data))
	}
	e.state[name] = ir.Floats(ir.Float32, s.Dims, data...)
}

func (e *evaluator) step(t *testing.T, fields map[string]*ir.Tensor, scalars map[string]float64) map[string]float64 {
	t.Helper()
	feeds := maps.Clone(fields)
	maps.Copy(feeds, e.state)
	feeds["scalars"] = scalarsOf(e.result.Plan, scalars)
	out, err := e.result.Train.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*ir.Tensor{}
	for i, v := range e.result.Train.Outputs {
		byName[v.Name] = out[i]
	}
	for _, s := range e.result.Plan.State {
		if s.Next != "" {
			e.state[s.Name] = byName[s.Next]
		}
	}
	return metricsOf(e.result.Plan, byName["metrics"].Data)
}

func metricsOf(p *plan.Plan, values []float64) map[string]float64 {
	m := map[string]float64{}
	for i, name := range p.Metrics {
		m[name] = values[i]
	}
	return m
}

// native is the machine of ONNX Runtime.
type native struct {
	plan    *plan.Plan
	session *ort.Session
	now     map[string]*ort.Tensor
	shadow  map[string]*ort.Tensor
	fields  map[string]*ort.Tensor // with the scalars
	metrics *ort.Tensor
}

func newNative(t *testing.T, r *compiler.Result, level ort.OptLevel) *native {
	t.Helper()
	m := &native{plan: r.Plan, now: map[string]*ort.Tensor{}, shadow: map[string]*ort.Tensor{}, fields: map[string]*ort.Tensor{}}
	var err error
	o := ort.SessionOptions{Threads: 1, DisableMemPattern: true, OptLevel: level}
	if err := o.UseKernels(r.Plan.Target.Kernels); err != nil {
		t.Fatal(err)
	}
	if m.session, err = ort.NewSession(r.Files[r.Plan.Graphs["train"].File], o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.session.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, s := range r.Plan.State {
		m.now[s.Name] = newTensor(t, s.DType, s.Dims)
		if s.Next != "" && !s.InPlace {
			m.shadow[s.Name] = newTensor(t, s.DType, s.Dims)
		}
	}
	for _, f := range r.Plan.Fields {
		m.fields[f.Name] = newTensor(t, f.DType, f.Dims)
	}
	m.fields["scalars"] = newTensor(t, "f32", []int{len(r.Plan.Scalars)})
	m.metrics = newTensor(t, "f32", []int{len(r.Plan.Metrics)})
	return m
}

func newTensor(t *testing.T, dtype string, dims []int) *ort.Tensor {
	t.Helper()
	x, err := ort.NewTensor(dtype, dims)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

func (m *native) get(_ *testing.T, name string) []float64 {
	out := make([]float64, len(m.now[name].Float32()))
	convert(out, m.now[name].Float32())
	return out
}

func (m *native) set(t *testing.T, name string, data []float64) {
	t.Helper()
	x := m.now[name]
	if x == nil || len(x.Float32()) != len(data) {
		t.Fatalf("there is no state %s of %d elements", name, len(data))
	}
	convert(x.Float32(), data)
}

func (m *native) step(t *testing.T, fields map[string]*ir.Tensor, scalars map[string]float64) map[string]float64 {
	t.Helper()
	in, out := maps.Clone(m.fields), map[string]*ort.Tensor{"metrics": m.metrics}
	convert(in["scalars"].Float32(), scalarsOf(m.plan, scalars).Data)
	for name, x := range fields {
		switch to := in[name]; {
		case to == nil:
			t.Fatalf("the step has no field %s", name)
		case x.DType == ir.Int64:
			convert(to.Int64(), x.Data)
		default:
			convert(to.Float32(), x.Data)
		}
	}
	for _, s := range m.plan.State {
		in[s.Name] = m.now[s.Name]
		switch {
		case s.Next != "" && s.InPlace:
			out[s.Next] = m.now[s.Name]
		case s.Next != "":
			out[s.Next] = m.shadow[s.Name]
		}
	}
	b, err := m.session.Bind(in, out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, x := range m.shadow {
		m.now[name], m.shadow[name] = x, m.now[name]
	}
	values := make([]float64, len(m.plan.Metrics))
	convert(values, m.metrics.Float32())
	return metricsOf(m.plan, values)
}

// snapshot is the bits of the whole state.
func snapshot(t *testing.T, r *compiler.Result, m machine) map[string][]uint64 {
	t.Helper()
	all := map[string][]uint64{}
	for _, s := range r.Plan.State {
		for _, x := range m.get(t, s.Name) {
			all[s.Name] = append(all[s.Name], math.Float64bits(x))
		}
	}
	return all
}

// images draws the fields of a step by name: normalised pixels, orders of the batch, numbers of images in a data set, and noise.
func images(r *compiler.Result, seed uint64) map[string]*ir.Tensor {
	out := map[string]*ir.Tensor{}
	for i, f := range r.Plan.Fields {
		rnd := plan.NewRand(seed, plan.UseNoise, uint64(i), 0, 0)
		x := ir.NewTensor(ir.Float32, f.Dims...)
		switch f.Kind {
		case "permutation":
			x.DType = ir.Int64
			convert(x.Data, rnd.Perm(len(x.Data)))
		case "pseudo_label":
			x.DType = ir.Int64
			for j := range x.Data {
				x.Data[j] = float64(rnd.IntN(clusters(r.Plan)))
			}
		case "idx":
			x.DType = ir.Int64
			convert(x.Data, rnd.Perm(cmp.Or(f.Below, remembered(r.Plan)))[:len(x.Data)])
		case "draw":
			x.DType = ir.Int64
			for j := range x.Data {
				x.Data[j] = float64(rnd.IntN(f.Below))
			}
		case "noise":
			for j := range x.Data {
				x.Data[j] = float64(rnd.Float32())
			}
		default:
			for j := range x.Data {
				x.Data[j] = float64(float32(rnd.Normal()))
			}
		}
		out[f.Name] = x
	}
	return out
}

// clusters is how many a stage of the plan makes.
func clusters(p *plan.Plan) int {
	for _, s := range p.Stages {
		for _, a := range s.Do {
			if a.Kind == plan.KMeans {
				return a.K
			}
		}
	}
	return 0
}

// remembered is the number of images that a memory of the plan holds.
func remembered(p *plan.Plan) int {
	for _, s := range p.Stages {
		for _, a := range s.Do {
			if a.Memory == nil {
				continue
			}
			for _, st := range p.State {
				if st.Name == a.Memory.Labels {
					return st.Dims[0]
				}
			}
		}
	}
	return 0
}
