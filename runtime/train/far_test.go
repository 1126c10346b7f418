package train

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/kernels/cuda/host"
	"ssc/lang"
	"ssc/runtime/augment"
	"ssc/runtime/datasource"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
	"ssc/runtime/transform"
)

const small = `
algorithm "moco" {
  queue_len = 16
  feat_dim  = 8
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [2]
  }
  neck "moco_v2" {
    hid_channels = 8
    out_channels = 8
  }
  head "contrastive" {}
}
dataset "train" {
  source "image_folder" {
    data_prefix = "none"
    channels    = 1
  }
  view {
    count = 2
    random_crop { size = 8 }
  }
}
loader { batch_size = 4 }
optimizer "adamw" {}
`

// compiled is a plan of the text above, and its training graph.
func compiled(t *testing.T) (*plan.Plan, []byte) {
	t.Helper()
	return compiledFor(t, small, compiler.Options{})
}

func compiledFor(t *testing.T, text string, o compiler.Options) (*plan.Plan, []byte) {
	t.Helper()
	tables := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	p, diags := lang.Load([]string{"in.hcl"}, lang.Options{Root: tables.Root, ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r, diags := compiler.Compile(p.Root, tables, o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return r.Plan, r.Files["train.onnx"]
}

// processor opens the processor as if it were a GPU, by the calls that reach one.
func processor() (*ort.Device, error) { return ort.OpenDevice("cpu", "") }

// begin makes an engine with its initial state.
func begin(t *testing.T, p *plan.Plan, model []byte, open func() (*ort.Device, error)) *engine {
	t.Helper()
	return beginAt(t, p, model, place{open: open})
}

func beginAt(t *testing.T, p *plan.Plan, model []byte, at place) *engine {
	t.Helper()
	e, err := newEngineOn(at, p, model, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	if err := e.host.reset(3); err != nil {
		t.Fatal(err)
	}
	return e
}

// random fills the fields with the random images of a step.
func (e *engine) random(n int) {
	r := plan.NewRand(9, plan.UseNoise, uint64(n), 0, 0)
	for _, f := range e.plan.Fields {
		if f.DType == "f32" {
			for i := range e.fields[f.Name].Float32() {
				e.fields[f.Name].Float32()[i] = float32(r.Normal())
			}
		}
	}
}

// scalarsAt are those of a step.
func (e *engine) scalarsAt(n int) []float32 {
	scalars := make([]float32, len(e.plan.Scalars))
	for i, s := range e.plan.Scalars {
		scalars[i] = float32(s.Curve.At(n, 10, 10))
	}
	return scalars
}

// train makes a step on random images, and returns what it says.
func (e *engine) train(t *testing.T, n int) []float32 {
	t.Helper()
	e.random(n)
	out, err := e.step(e.scalarsAt(n), nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}

// TestFar: with its state on a device a step says and leaves the same bits, whether the state is updated in place or in turns, whether the step is recorded first or not, and also when the
// processor changes the state in between.
func TestFar(t *testing.T) {
	p, model := compiled(t)
	inTurns := *p
	inTurns.State = slices.Clone(p.State)
	for i := range inTurns.State {
		inTurns.State[i].InPlace = inTurns.State[i].InPlace && i%2 == 0
	}
	for name, p := range map[string]*plan.Plan{"in place": p, "in turns": &inTurns} {
		for _, recorded := range []string{"", "1"} {
			t.Run(fmt.Sprintf("%s,recorded=%s", name, recorded), func(t *testing.T) {
				t.Setenv("SSC_CUDA_GRAPH", recorded)
				near, far := begin(t, p, model, nil), begin(t, p, model, processor)
				for n := range 4 {
					initial := stateBytes(far.host)
					want, got := near.train(t, n), far.train(t, n)
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("step %d says %v, want %v", n, got, want)
					}
					if ok := p.Metrics[slices.Index(p.Metrics, "ok")]; ok == "" || want[slices.Index(p.Metrics, "ok")] != 1 {
						t.Fatalf("step %d is not sound: %v", n, want)
					}
					if !bytes.Equal(stateBytes(far.host), initial) {
						t.Error("the processor's copy of the state changed before anybody asked for it")
					}
					if n == 2 { // nobody looks in between
						continue
					}
					for _, e := range []*engine{near, far} {
						s, err := e.toChange()
						if err != nil {
							t.Fatal(err)
						}
						s.now[p.State[0].Name].Float32()[0] += 0.5
					}
					if !bytes.Equal(stateBytes(far.host), stateBytes(near.host)) {
						t.Errorf("after step %d the states differ", n)
					}
				}
			})
		}
	}
}

func stateBytes(s *state) (out []byte) {
	for _, spec := range s.specs {
		out = append(out, s.now[spec.Name].Bytes()...)
	}
	return out
}

// viewed fills a step's views, of images that depend on the step: on the device where batch is not nil, else by the processor.
func (e *engine) viewed(t *testing.T, n int, batch []transform.Recorded) {
	t.Helper()
	views := e.plan.Dataset("train").Views
	ts, err := transform.Build(views[0].Transforms)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range e.plan.Fields {
		if f.Kind != "view" {
			continue
		}
		size := len(e.fields[f.Name].Float32()) / e.plan.Loader.BatchSize
		for i := range e.plan.Loader.BatchSize {
			var sample, m transform.Image
			for k, pix := 0, sample.Reset(1, 13, 11); k < len(pix); k++ {
				pix[k] = uint8(37*k*(i+1) + 5*n)
			}
			r := plan.NewRand(7, plan.UseView, uint64(n), uint64(i), uint64(f.View))
			if batch != nil {
				if f.View == 0 {
					batch[i].Fill(&sample)
				}
				err = batch[i].View(ts, views[f.View].Image, &r)
			} else {
				m.LendImage(&sample)
				m.Dst = e.fields[f.Name].Float32()[i*size:][:size:size]
				err = ts[0].Apply(&m, &r)
				m.ToPlanes()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if batch != nil {
		if err := e.far.augment(e.plan, batch); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFarViews: a step on views that the device made is that on the same views from the processor, though those of the next step are made before it is computed; they are there for a replay when somebody asks.
func TestFarViews(t *testing.T) {
	p, model := compiled(t)
	lib := host.Library(t, "augment.cu")
	near, e := begin(t, p, model, nil), begin(t, p, model, processor)
	d, err := nvrtc.OpenDriver(lib, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := e.far
	if f.views, err = augment.Load(d, host.Binary); err != nil {
		t.Fatal(err)
	}
	batch := make([]transform.Recorded, p.Loader.BatchSize)
	e.viewed(t, 0, batch)
	for n := range 4 {
		near.viewed(t, n, nil)
		want, err := near.step(near.scalarsAt(n), nil)
		if err != nil {
			t.Fatal(err)
		}
		copy(e.scalars.Float32(), e.scalarsAt(n))
		if err := errors.Join(f.take(e), f.send(e)); err != nil {
			t.Fatal(err)
		}
		e.viewed(t, n+1, batch)
		if err := errors.Join(f.load(e), e.once(t.Context()), f.receive(e)); err != nil {
			t.Fatal(err)
		}
		if got := e.metrics.Float32(); !slices.Equal(got, want) || want[slices.Index(p.Metrics, "ok")] != 1 {
			t.Errorf("step %d says %v, want %v", n, got, want)
		}
		if err := f.fetchBatch(e); err != nil {
			t.Fatal(err)
		}
		for name, x := range near.fields {
			if !bytes.Equal(e.fields[name].Bytes(), x.Bytes()) {
				t.Errorf("step %d: the field %s differs", n, name)
			}
		}
	}
}

// TestMakesViews: a GPU makes views only where that is asked for, and a run on the processor says that it has none.
func TestMakesViews(t *testing.T) {
	p, model := compiled(t)
	e := begin(t, p, model, nil)
	if on, err := e.makesViews(); on || err != nil {
		t.Errorf("unasked: %v, %v", on, err)
	}
	t.Setenv("SSC_CUDA_AUGMENT", "1")
	if on, err := e.makesViews(); on || err == nil || !strings.Contains(err.Error(), "SSC_CUDA_AUGMENT has a GPU make the views of images, but the run is on the processor") {
		t.Errorf("on the processor: %v, %v", on, err)
	}
}

// TestFarWithoutMemory: what does not fit says what is large and what would fit.
func TestFarWithoutMemory(t *testing.T) {
	p, model := compiled(t)
	p.Target.Device = "cuda:1"
	fixed, moving := predictedFar(p)
	full := fmt.Errorf("making a tensor: %w", ort.ErrDeviceMemory)
	for _, c := range []struct {
		free int64
		err  error
		want []string
	}{
		{fixed + moving/2, full, []string{"out of memory", "cuda:1 had ", "the largest tensors of the step are ", "loader.batch_size = 2 would fit", "train.recompute"}},
		{0, errors.New("BFCArena: Failed to allocate memory for requested buffer"), []string{"loader.batch_size = 2 would fit"}},
		{1 << 40, full, []string{"loader.batch_size = 2 would fit"}}, // predicted to fit, and did not
		{fixed / 2, full, []string{"Lower the width or depth of the backbone"}},
		{1, errors.New("another error"), nil},
	} {
		got := outOfMemory(p, model, c.free, c.err)
		if !errors.Is(got, c.err) || c.want == nil && got != c.err {
			t.Errorf("outOfMemory = %v, want %v in it", got, c.err)
		}
		for _, want := range c.want {
			if !strings.Contains(got.Error(), want) {
				t.Errorf("outOfMemory = %v, want %q in it", got, want)
			}
		}
	}
	if outOfMemory(p, model, 1, nil) != nil {
		t.Error("no error becomes one")
	}
}

// TestLargest: the largest tensors are those of the model by their types, of the state and the batch.
func TestLargest(t *testing.T) {
	value := func(name string, elem uint64, dims ...uint64) []byte {
		var shape []byte
		for _, d := range dims {
			shape = message(shape, shapeDim, protowire.AppendVarint(protowire.AppendTag(nil, dimSize, protowire.VarintType), d))
		}
		tensor := message(protowire.AppendVarint(protowire.AppendTag(nil, tensorElement, protowire.VarintType), elem), tensorShape, shape)
		return message(text(nil, valueName, name), valueType, message(nil, typeTensor, tensor))
	}
	graph := message(message(message(nil, graphValue, value("map", 16, 8, 1<<20)), graphValue, value("row", 7, 1<<20)), graphValue, value("strange", 99, 1<<30))
	p := &plan.Plan{State: []plan.State{{Name: "w", Dims: []int{3 << 20}}}, Fields: []plan.Field{{Name: "view1", Dims: []int{1 << 10}}}}
	got := fmt.Sprint(largest(p, message(nil, modelGraph, graph), 3))
	if want := "[map (16 MiB) w (12 MiB) row (8 MiB)]"; got != want {
		t.Errorf("largest = %s, want %s", got, want)
	}
	if n := len(values([]byte("damaged"))); n != 0 {
		t.Errorf("a damaged model has %d values", n)
	}
}

// FuzzValues: no model makes the reading of sizes fail or loop.
func FuzzValues(f *testing.F) {
	f.Add(inGraph(graphValue, []byte{10, 1, 65}))
	f.Fuzz(func(t *testing.T, model []byte) {
		for _, v := range values(model) {
			if v.bytes <= 0 {
				t.Errorf("%q takes %d bytes", v.name, v.bytes)
			}
		}
	})
}
