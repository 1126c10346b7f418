package cuda_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op/optest"
	"ssc/kernels/cuda"
	"ssc/kernels/cuda/host"
	"ssc/runtime/nvrtc"
)

// real is the GPU that the kernels run on instead of the processor.
var real = flag.Int("gpu", -1, "number of the GPU to run kernels on, compiled by NVRTC; without one they run on the processor")

// machine is where kernels run.
type machine struct {
	driver string // its library; empty for the machine's
	binary func(source string) []byte
}

// here compiles the kernels of functions for the processor, or for the GPU that was asked for.
func here(t *testing.T) machine {
	t.Helper()
	sources := slices.DeleteFunc(cuda.Names(), func(name string) bool { return name == "augment.cu" })
	if *real < 0 {
		return machine{host.Library(t, sources...), func(string) []byte { return host.Binary }}
	}
	c, err := nvrtc.Find()
	if err != nil {
		t.Fatal(err)
	}
	d, err := nvrtc.OpenDriver("", *real)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	binaries := map[string][]byte{}
	for _, name := range sources {
		if binaries[name], err = c.Compile(nvrtc.SourceOf(name), d.Arch()); err != nil {
			t.Fatal(err)
		}
	}
	return machine{"", func(source string) []byte { return binaries[source] }}
}

// rig runs the kernels of one call.
type rig struct {
	t       *testing.T
	d       *nvrtc.Driver
	modules map[string]*nvrtc.Module // by kernel
	threads int
	attrs   map[string]any
	in      []*ir.Tensor
	given   []*nvrtc.Memory // the inputs, nil for those that are absent
	out     []*nvrtc.Memory
	taken   []*nvrtc.Memory
}

func (r *rig) number(name string) float32 { v, _ := r.attrs[name].(float64); return float32(v) }

func (r *rig) flag(name string) int32 {
	if v, _ := r.attrs[name].(bool); v {
		return 1
	}
	return 0
}

// input is the memory of an input, nil when it is absent.
func (r *rig) input(i int) *nvrtc.Memory {
	if i < len(r.given) {
		return r.given[i]
	}
	return nil
}

// floats takes memory for n numbers.
func (r *rig) floats(n int) *nvrtc.Memory {
	m, err := r.d.NewMemory(4 * n)
	if err != nil {
		r.t.Fatal(err)
	}
	r.taken = append(r.taken, m)
	return m
}

// put brings a tensor to the device, as the kernels have its type.
func (r *rig) put(x *ir.Tensor) *nvrtc.Memory {
	var b []byte
	for _, v := range x.Data {
		var cell any = float32(v)
		switch x.DType {
		case ir.Bool:
			cell = v != 0
		case ir.Int64:
			cell = int64(v)
		case ir.BFloat16:
			cell = uint16(math.Float32bits(float32(v)) >> 16)
		}
		b, _ = binary.Append(b, binary.NativeEndian, cell)
	}
	m, err := r.d.NewMemory(len(b))
	if err != nil {
		r.t.Fatal(err)
	}
	h, err := r.d.NewHost(len(b))
	if err != nil {
		r.t.Fatal(err)
	}
	defer h.Close()
	copy(h.Bytes(), b)
	if err := errors.Join(m.CopyIn(h, len(b)), r.d.Wait()); err != nil {
		r.t.Fatal(err)
	}
	r.taken = append(r.taken, m)
	return m
}

// get brings a tensor from the device.
func (r *rig) get(m *nvrtc.Memory, like *ir.Tensor) *ir.Tensor {
	h, err := r.d.NewHost(m.Len())
	if err != nil {
		r.t.Fatal(err)
	}
	defer h.Close()
	if err := errors.Join(m.CopyOut(h, m.Len()), r.d.Wait()); err != nil {
		r.t.Fatal(err)
	}
	out := ir.NewTensor(like.DType, like.Dims...)
	for i := range out.Data {
		if like.DType == ir.BFloat16 {
			out.Data[i] = float64(math.Float32frombits(uint32(binary.NativeEndian.Uint16(h.Bytes()[2*i:])) << 16))
		} else {
			out.Data[i] = float64(math.Float32frombits(binary.NativeEndian.Uint32(h.Bytes()[4*i:])))
		}
	}
	return out
}

// launch begins a kernel: the one for bfloat16, if the call has such tensors and there are two.
func (r *rig) launch(kernel string, blocks, threads int, args ...any) {
	r.t.Helper()
	if slices.ContainsFunc(r.in, func(x *ir.Tensor) bool { return x != nil && x.DType == ir.BFloat16 }) && r.modules[kernel+"BF16"] != nil {
		kernel += "BF16"
	}
	f, err := r.modules[kernel].Function(kernel)
	if err == nil {
		err = r.d.Launch(f, blocks, threads, args...)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// rows and width are those of an input as a matrix.
func (r *rig) rows(i int) (rows, width int) {
	x := r.in[i]
	width = x.Dims[len(x.Dims)-1]
	return len(x.Data) / width, width
}

// pieces is the number of pieces that sums over rows are made in.
func pieces(rows int) int { return min((rows+63)/64, 64) }

// sums launches a kernel that sums columns.
func (r *rig) sums(kernel string, rows, width int, args ...any) {
	r.launch(kernel, pieces(rows)*((width+31)/32), (r.threads+31)/32*32, args...)
}

// calls compute the functions that have kernels, from the inputs to the outputs.
var calls = map[string]func(r *rig){
	"SGD": func(r *rig) {
		r.launch("SGD", 3, r.threads, r.input(0), r.input(1), r.input(2), r.input(3), r.input(4), r.out[0], r.output(1), int64(len(r.in[2].Data)), r.number("momentum"), r.number("weight_decay"), r.flag("nesterov"),
			r.flag("rate_in_velocity"))
	},
	"Adam": func(r *rig) {
		r.launch("Adam", 3, r.threads, r.input(0), r.input(1), r.input(2), r.input(3), r.input(4), r.input(5), r.input(6), r.input(7), r.out[0], r.out[1], r.out[2], int64(len(r.in[4].Data)), r.number("beta1"),
			r.number("beta2"), r.number("rest1"), r.number("rest2"), r.number("epsilon"), r.number("weight_decay"), r.flag("decoupled"))
	},
	"BatchNorm":         func(r *rig) { r.batchNorm(0) },
	"BatchNormRelu":     func(r *rig) { r.batchNorm(1) },
	"BatchNormGrad":     func(r *rig) { r.batchNormGrad(nil, nil, r.input(3), r.input(4), nil) },
	"BatchNormReluGrad": func(r *rig) { r.batchNormGrad(r.input(6), r.input(3), r.input(4), r.input(5), r.output(3)) },
	"LayerNorm": func(r *rig) {
		rows, width := r.rows(0)
		r.launch("LayerNorm", 2, r.threads, r.input(0), r.input(1), r.input(2), r.out[0], int64(rows), int32(width), r.number("epsilon"))
	},
	"LayerNormGrad": func(r *rig) {
		rows, width := r.rows(0)
		moments, partial := r.floats(2*rows), r.floats(pieces(rows)*2*width)
		r.launch("LayerNormGrad", 2, r.threads, r.input(0), r.input(1), r.input(2), r.out[0], moments, int64(rows), int32(width), r.number("epsilon"))
		r.sums("LayerNormGradSums", rows, width, r.input(0), r.input(1), moments, partial, int64(rows), int32(width), int32(pieces(rows)))
		r.launch("LayerNormGradTotals", 2, r.threads, partial, r.out[1], r.out[2], int32(width), int32(pieces(rows)))
	},
	"CrossEntropy": func(r *rig) {
		rows, classes := r.rows(0)
		losses := r.floats(rows)
		r.launch("CrossEntropyRows", 2, r.threads, r.input(0), r.input(1), losses, int32(rows), int32(classes))
		r.launch("CrossEntropy", 1, r.threads, losses, r.out[0], int32(rows))
	},
	"CrossEntropyGrad": func(r *rig) {
		rows, classes := r.rows(0)
		r.launch("CrossEntropyGrad", 2, r.threads, r.input(0), r.input(1), r.input(2), r.out[0], int32(rows), int32(classes))
	},
}

// output is the memory of an output, nil when it is absent.
func (r *rig) output(i int) *nvrtc.Memory {
	if i < len(r.out) {
		return r.out[i]
	}
	return nil
}

func (r *rig) batchNorm(relu int32) {
	rows, c := r.rows(0)
	n, partial, fold := int32(pieces(rows)), r.floats(pieces(rows)*2*c), r.floats(2*c)
	r.sums("BatchNormSums", rows, c, r.input(0), partial, int64(rows), int32(c), n)
	r.launch("BatchNormMoments", 2, r.threads, r.input(0), partial, r.input(1), r.input(2), r.out[1], r.out[2], fold, int64(rows), int32(c), n, r.number("epsilon"))
	r.launch("BatchNorm", 3, r.threads, r.input(0), r.input(3), fold, r.out[0], int64(rows), int32(c), relu)
}

// batchNormGrad computes the gradient behind a mask: by y, by b where there is no y, or without either.
func (r *rig) batchNormGrad(y, b, mean, variance, g *nvrtc.Memory) {
	rows, c := r.rows(1)
	n, partial, lines := int32(pieces(rows)), r.floats(pieces(rows)*2*c), r.floats(3*c)
	if b != nil && g == nil {
		g = r.floats(rows * c)
	}
	r.sums("BatchNormGradSums", rows, c, r.input(0), r.input(1), y, r.input(2), b, mean, variance, g, partial, int64(rows), int32(c), n, r.number("epsilon"))
	r.launch("BatchNormGradLines", 2, r.threads, partial, r.input(2), mean, variance, r.out[1], r.out[2], lines, int64(rows), int32(c), n, r.number("epsilon"))
	if g == nil {
		g = r.input(0)
	}
	r.launch("BatchNormGrad", 3, r.threads, g, r.input(1), lines, r.out[0], int64(rows), int32(c))
}

// more are samples beyond those of the functions: several pieces and tiles, widths beside those of blocks, a mean that is large beside the deviation, a batch that does not count.
func more() []ir.Sample {
	g := ir.New("kernels")
	var out []ir.Sample
	add := func(label string, v *ir.Value, bound map[int][2]float64) {
		s := ir.Sample{Label: label, Op: v.Def.Op}
		for i, in := range v.Def.In {
			a := ir.Arg{}
			if in != nil {
				a = ir.Arg{Dims: in.Shape.Sizes(), DType: in.DType, Lo: bound[i][0], Hi: bound[i][1]}
			}
			s.In = append(s.In, a)
		}
		out = append(out, s)
	}
	input := func(d ir.DType, dims ...int) *ir.Value {
		return g.Input(fmt.Sprint("x", len(g.Inputs)), d, ir.Dims(dims...))
	}
	f32 := func(dims ...int) *ir.Value { return input(ir.Float32, dims...) }
	for _, dims := range [][2]int{{300, 33}, {1000, 5}, {5, 70}} {
		x, c := f32(dims[0], dims[1]), f32(dims[1])
		label := fmt.Sprint(dims)
		y, mean, variance := fn.BatchNorm(x, c, c, 1e-5)
		add(label, y, nil)
		add(label+" far from zero", y, map[int][2]float64{0: {30, 31}})
		dx, _, _ := fn.BatchNormGrad(y, x, c, mean, variance, 1e-5)
		add(label, dx, map[int][2]float64{4: {0.5, 2}})
		y, _, _ = fn.BatchNormRelu(x, c, c, x, 1e-5)
		add(label, y, nil)
		add(label, y.Def.Op.Grad(y.Def, []*ir.Value{x, nil, nil})[0], map[int][2]float64{5: {0.5, 2}, 6: {0, 1}})
		z := fn.LayerNorm(x, c, c, 1e-6)
		add(label, z, map[int][2]float64{0: {30, 34}})
		add(label, z.Def.Op.Grad(z.Def, []*ir.Value{x})[0], map[int][2]float64{1: {30, 34}})
		loss := fn.CrossEntropy(x, input(ir.Int64, dims[0]))
		classes := map[int][2]float64{0: {-60, 60}, 1: {0, float64(dims[1])}}
		add(label, loss, classes)
		add(label, loss.Def.Op.Grad(loss.Def, []*ir.Value{f32()})[0], classes)
	}
	w, one := f32(37, 11), f32()
	next, _ := fn.SGD(input(ir.Bool), one, w, w, w, fn.SGDOptions{Momentum: 0.9, WeightDecay: 0.1, Nesterov: true})
	add("more than a pass", next, map[int][2]float64{0: {1, 2}})
	next, _, _ = fn.Adam(nil, one, one, one, w, w, w, w, fn.AdamOptions{Betas: [2]float64{0.9, 0.999}, Eps: 1e-8, WeightDecay: 0.1, Decoupled: true})
	add("more than a pass", next, map[int][2]float64{1: {0.1, 1}, 2: {0.1, 1}, 3: {0.1, 1}, 7: {0.1, 1}})
	return out
}

// narrowed are the samples of functions that can keep tensors in bfloat16, with these.
func narrowed(samples []ir.Sample) []ir.Sample {
	var out []ir.Sample
	for _, s := range samples {
		f, ok := s.Op.(interface {
			Narrow() (in, out []int, begins bool)
		})
		if !ok {
			continue
		}
		in, _, _ := f.Narrow()
		s.Label, s.In = s.Label+", bfloat16", slices.Clone(s.In)
		for i := range s.In {
			if !slices.Contains(in, i) {
				continue
			}
			s.In[i].DType = ir.BFloat16
			if v := s.In[i].Value; v != nil {
				s.In[i].Value = ir.NewTensor(ir.BFloat16, v.Dims...)
				for k, x := range v.Data {
					s.In[i].Value.Data[k] = ir.RoundBFloat16(x)
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// bfloat16Tol is the distance of two neighbours of 8 significant bits.
const bfloat16Tol = 1.0 / 128

// planes says that a call has its channels before other axes, which no kernel of a norm over channels takes.
func planes(s ir.Sample) bool {
	if !strings.HasPrefix(s.Op.Name(), "BatchNorm") || len(s.In[0].Dims) == 2 {
		return false
	}
	return !slices.ContainsFunc(ir.Attrs(s.Op), func(a ir.Attr) bool { return a.Name == "channels_last" })
}

// TestFunctions: kernels compute what the bodies of their functions do, in blocks of any size, whatever thread is the first, and the optimizers' in place, too.
func TestFunctions(t *testing.T) {
	m := here(t)
	samples := more()
	for name := range calls {
		f, ok := fn.Lookup(name)
		if !ok {
			t.Fatalf("there is no function %s", name)
		}
		samples = append(samples, f.Doc().Samples...)
	}
	for _, s := range slices.Concat(samples, narrowed(samples)) {
		if planes(s) {
			continue
		}
		t.Run(optest.Name(s), func(t *testing.T) {
			c, err := optest.NewCase(s)
			if err != nil {
				t.Fatal(err)
			}
			want, err := c.Graph.Eval(c.Feeds)
			if err != nil {
				t.Fatal(err)
			}
			first := run(t, m, 0, 64, c, want)
			for i, x := range run(t, m, 1, 64, c, want) {
				if !slices.Equal(first[i].Data, x.Data) {
					t.Errorf("output %d differs between orders of threads", i)
				}
			}
			for i, x := range slices.Concat(first, run(t, m, 0, 41, c, want)) {
				tol := max(s.Tol, 1e-5)
				if x.DType == ir.BFloat16 {
					tol = bfloat16Tol
				}
				if err := optest.Close(x, want[i%len(want)], tol); err != nil {
					t.Errorf("output %d: %v", i%len(want), err)
				}
			}
		})
	}
}

// gpu is the number of the GPU that is asked for, else that of one that is the processor.
func gpu(device int) int {
	if *real >= 0 {
		return *real
	}
	return device
}

// run computes a call by its kernels. On device 1 results lie where the inputs do, if they may.
func run(t *testing.T, m machine, device, threads int, c *optest.Case, want []*ir.Tensor) []*ir.Tensor {
	t.Helper()
	d, err := nvrtc.OpenDriver(m.driver, gpu(device))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := &rig{t: t, d: d, threads: threads, attrs: map[string]any{}, modules: map[string]*nvrtc.Module{}}
	for _, source := range cuda.Names() {
		binary := m.binary(source)
		if binary == nil {
			continue
		}
		loaded, err := d.Load(binary)
		if err != nil {
			t.Fatal(err)
		}
		defer loaded.Close()
		for _, k := range cuda.Kernels(source) {
			r.modules[k] = loaded
		}
	}
	for _, a := range ir.Attrs(c.Sample.Op) {
		r.attrs[a.Name] = a.Value
	}
	for _, v := range c.In {
		if v == nil {
			r.in, r.given = append(r.in, nil), append(r.given, nil)
			continue
		}
		x := v.Const()
		if x == nil {
			x = c.Feeds[v.Name]
		}
		r.in, r.given = append(r.in, x), append(r.given, r.put(x))
	}
	place, inPlace := c.Sample.Op.(interface{ InStep(i int) int })
	for i, x := range want {
		if inPlace && device == 1 {
			r.out = append(r.out, r.given[place.InStep(i)])
			continue
		}
		none := ir.NewTensor(x.DType, x.Dims...)
		for k := range none.Data {
			none.Data[k] = math.NaN()
		}
		r.out = append(r.out, r.put(none))
	}
	calls[c.Sample.Op.Name()](r)
	var got []*ir.Tensor
	for i, m := range r.out {
		got = append(got, r.get(m, want[i]))
	}
	for _, m := range r.taken {
		m.Close()
	}
	return got
}

// TestNames: a source is named like the function that its kernels compute, and so is the kernel that ends it or stands for it.
func TestNames(t *testing.T) {
	for _, name := range cuda.Names() {
		if name == "augment.cu" {
			continue
		}
		plain := strings.ReplaceAll(strings.TrimSuffix(name, ".cu"), "_", "")
		if !slices.ContainsFunc(cuda.Kernels(name), func(k string) bool {
			_, ok := fn.Lookup(k)
			return ok && strings.EqualFold(k, plain) && calls[k] != nil
		}) {
			t.Errorf("%s has the kernels %v, none of which is a function of its name that is tested", name, cuda.Kernels(name))
		}
	}
}
