package cuda_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op/optest"
	"ssc/kernels/cuda"
	"ssc/runtime/nvrtc"
)

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
		y, mean, variance := fn.BatchNorm(x, c, c, 1e-5, 1)
		add(label, y, nil)
		add(label+" far from zero", y, map[int][2]float64{0: {30, 31}})
		dx, _, _ := fn.BatchNormGrad(y, x, c, mean, variance, 1e-5, 1)
		add(label, dx, map[int][2]float64{4: {0.5, 2}})
		y, _, _ = fn.BatchNormRelu(x, c, c, x, 1e-5, 1)
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
	yes, o := input(ir.Bool), fn.Descent{Momentum: 0.9, Nesterov: true}
	next, _ := fn.SGD(yes, one, one, one, w, w, w, o)
	add("more than a pass", next, map[int][2]float64{0: {1, 2}})
	next, _, _ = fn.Adam(nil, one, one, one, one, w, w, w, w, fn.AdamOptions{Betas: [2]float64{0.9, 0.999}, Eps: 1e-8, Decoupled: true})
	small := map[int][2]float64{0: {1, 2}, 1: {0.1, 1}, 2: {0.1, 1}, 3: {0.1, 1}, 4: {0.1, 1}, 8: {0.1, 1}}
	add("more than a pass", next, small)
	w = f32(97, 131) // sums in several parts
	add("parts", fn.SumSquares(w), nil)
	next, _ = fn.LARS(yes, one, one, one, one, w, w, w, fn.LARSOptions{Descent: o, Eta: 0.02, Eps: 1e-8})
	add("parts", next, small)
	next, _, _ = fn.LAMB(yes, one, one, one, one, w, w, w, w, fn.LAMBOptions{Betas: [2]float64{0.9, 0.999}, Eps: 1e-6, Adapt: true})
	add("parts", next, small)
	maps(f32, add)
	products(f32, add)
	convolutions(f32, add)
	return append(out, ties())
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

// roundedByLibrary reports whether a library rounds a result that kernels do not: cuDNN the gradient of a weight in bfloat16.
func roundedByLibrary(c *optest.Case) bool {
	return c.Sample.Op.Name() == "ConvWeightGrad" && c.In[0].DType == ir.BFloat16
}

// inGroups reports whether a sample is of a norm over groups of the batch.
func inGroups(s ir.Sample) bool {
	return ir.Attribute(s.Op, "groups") != nil
}

// TestFunctions: kernels, and libraries where they take the work, compute what the bodies of their functions do, in blocks of any size, whatever thread is the first, and the optimizers' in place, too.
func TestFunctions(t *testing.T) {
	m := here(t)
	samples := more()
	for _, k := range cuda.Functions() {
		f, ok := fn.Lookup(k.Name)
		if !ok {
			t.Fatalf("there is no function %s", k.Name)
		}
		samples = append(samples, f.Doc().Samples...)
	}
	samples = slices.DeleteFunc(samples, inGroups)
	for _, s := range slices.Concat(samples, narrowed(samples)) {
		t.Run(optest.Name(s), func(t *testing.T) {
			c, err := optest.NewCase(s)
			if err != nil {
				t.Fatal(err)
			}
			want, err := c.Graph.Eval(c.Feeds)
			if err != nil {
				t.Fatal(err)
			}
			first := run(t, m, 0, 64, c, want, false)
			for i, x := range run(t, m, 1, 64, c, want, false) {
				if !slices.Equal(first[i].Data, x.Data) {
					t.Errorf("output %d differs between orders of threads", i)
				}
			}
			library := run(t, m, 0, 64, c, want, true)
			for i, x := range slices.Concat(first, run(t, m, 0, 41, c, want, false), library) {
				tol := max(s.Tol, 1e-5)
				if x.DType == ir.BFloat16 || i >= 2*len(want) && roundedByLibrary(c) {
					tol = bfloat16Tol
				}
				if err := optest.Close(x, want[i%len(want)], tol); err != nil {
					t.Errorf("output %d: %v", i%len(want), err)
				}
			}
		})
	}
	for _, k := range cuda.Functions() {
		if want := strings.HasPrefix(k.Name, "Conv") || strings.HasPrefix(k.Name, "Linear"); m.worked[k.Name] != want {
			t.Errorf("a library has computed %s: %v", k.Name, m.worked[k.Name])
		}
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
func run(t *testing.T, m machine, device, threads int, c *optest.Case, want []*ir.Tensor, library bool) []*ir.Tensor {
	t.Helper()
	d, err := nvrtc.OpenDriver(m.driver, gpu(device))
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, d)
	r := &rig{t: t, m: m, d: d, modules: map[string]*nvrtc.Module{}}
	var libraries cuda.Libraries
	if library {
		r.libs = m.open(d)
		defer closing(t, r.libs)
		libraries = r.libs
	}
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
	call, err := plan(c, threads, libraries)
	if err != nil {
		t.Fatal(err)
	}
	if len(call.Out) != len(want) {
		t.Fatalf("the kernels write %d outputs, want %d", len(call.Out), len(want))
	}
	for _, v := range c.In {
		if v == nil {
			r.in = append(r.in, nil)
			continue
		}
		x := v.Const()
		if x == nil {
			x = c.Feeds[v.Name]
		}
		r.in = append(r.in, r.put(x))
	}
	for len(r.in) < len(call.In) {
		r.in = append(r.in, nil)
	}
	place, inPlace := c.Sample.Op.(interface{ InStep(i int) int })
	for i, x := range want {
		if o := call.Out[i]; !slices.Equal(o.Dims, x.Dims) || o.DType != x.DType.String() {
			t.Fatalf("output %d of the kernels is %v, want %s%v", i, o, x.DType, x.Dims)
		}
		if inPlace && device == 1 {
			r.out = append(r.out, r.in[place.InStep(i)])
			continue
		}
		none := ir.NewTensor(x.DType, x.Dims...)
		for k := range none.Data {
			none.Data[k] = math.NaN()
		}
		r.out = append(r.out, r.put(none))
	}
	r.launch(call)
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
			f := cuda.Lookup(k)
			return f != nil && f.Source == name && strings.EqualFold(k, plain)
		}) {
			t.Errorf("%s has the kernels %v, none of which is a function of its name in the table", name, cuda.Kernels(name))
		}
	}
}
