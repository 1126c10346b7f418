package conformance

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"
	"ssc/compiler/pass"
	"ssc/runtime/ort"
)

// kernelNames lists the functions with a native kernel. Where the library was not built the test is skipped: bodies run then.
func kernelNames(t *testing.T) []string {
	t.Helper()
	if os.Getenv("SSC_KERNELS") == "" {
		path, err := filepath.Abs("../bin/libssc_kernels.so")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Skipf("the library of native kernels is not built (%v); make build builds it where there is a C++ compiler", err)
		}
		t.Setenv("SSC_KERNELS", path)
	}
	names, err := ort.Kernels()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("SSC_KERNELS=off: the bodies run")
	}
	return names
}

// TestKernelList: the list in the library's file, which a compiler reads before the library is loaded, is that of the library.
func TestKernelList(t *testing.T) {
	names := kernelNames(t)
	if got := ort.ExpectedKernels(); !slices.Equal(got, names) {
		t.Errorf("ExpectedKernels = %v, want %v: every Register in kernels/ has its SSC_LISTED", got, names)
	}
}

// TestKernels: a native kernel computes what the body of its function does, for every sample and for shapes that reach the kernels' own
// corners; and the number of threads changes no bit.
func TestKernels(t *testing.T) {
	names := kernelNames(t)
	all := slices.Concat(samples(), kernelSamples(), tokenKernelSamples())
	for _, s := range slices.Concat(all, narrowed(all)) {
		if !ir.IsFunction(s.Op) || !slices.Contains(names, s.Op.Name()) {
			continue
		}
		t.Run(optest.Name(s), func(t *testing.T) {
			c, err := optest.NewCase(s)
			if err != nil {
				t.Fatal(err)
			}
			body, err := onnx.Emit(c.Graph, onnx.Options{Producer: "ssc"})
			if err != nil {
				t.Fatal(err)
			}
			want, err := runModel(t, body, c.Graph, c.Feeds)
			if err != nil {
				t.Fatal(err)
			}
			got := make([][]*ir.Tensor, 2)
			for i := range got {
				if got[i], err = runKernel(t, c, i+1); err != nil {
					t.Fatal(err)
				}
			}
			for i, v := range c.Graph.Outputs {
				tol := max(c.Sample.Tol, defaultTol)
				if v.DType == ir.BFloat16 {
					tol = max(tol, bfloat16Tol)
				}
				err := optest.Close(got[0][i], want[i], tol)
				if err != nil { // the body rounds, too: its value in float64 decides
					err = optest.Close(got[0][i], definition(t, c)[i], tol)
				}
				if err != nil {
					t.Errorf("output %s differs from the body's: %v", v, err)
				}
				if !slices.Equal(got[0][i].Data, got[1][i].Data) {
					t.Errorf("output %s differs between one thread and two", v)
				}
			}
		})
	}
}

// TestKernelsOfAnotherVersion: calls of a function that do not fit its kernel, as in the plan of another version, run by the function's body, and the function is named. The call is one of LARS, which has
// fewer inputs than Adam, by Adam's name.
func TestKernelsOfAnotherVersion(t *testing.T) {
	kernelNames(t)
	all := samples()
	c, err := optest.NewCase(all[slices.IndexFunc(all, func(s ir.Sample) bool { return s.Op.Name() == "LARS" })])
	if err != nil {
		t.Fatal(err)
	}
	model, err := onnx.Emit(c.Graph, onnx.Options{Producer: "ssc"})
	if err != nil {
		t.Fatal(err)
	}
	o := ort.SessionOptions{Threads: 1, OptLevel: ort.OptOff}
	if err := o.UseKernels([]string{"Adam", "SGD"}); err != nil {
		t.Fatal(err)
	}
	s, bodies, err := ort.NewSessionOf(bytes.ReplaceAll(model, []byte("LARS"), []byte("Adam")), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !slices.Equal(bodies, []string{"Adam"}) {
		t.Errorf("NewSessionOf runs the bodies of %v, want that of Adam", bodies)
	}
	if _, _, err := ort.NewSessionOf(model[:len(model)/2], o); err == nil {
		t.Error("NewSessionOf takes half a model")
	}
}

// definition gives the outputs of the case's function by its body in float64.
func definition(t *testing.T, c *optest.Case) []*ir.Tensor {
	t.Helper()
	out, err := c.Graph.Eval(c.Feeds)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// runKernel runs the case's function by its native kernel.
func runKernel(t *testing.T, c *optest.Case, threads int) ([]*ir.Tensor, error) {
	model, o, err := kernelModel(c, threads)
	if err != nil {
		return nil, err
	}
	return runSession(t, model, o, c.Graph, c.Feeds)
}

// kernelModel is the case's function as a model whose session, by these options, runs its native kernel.
func kernelModel(c *optest.Case, threads int) ([]byte, ort.SessionOptions, error) {
	name := c.Sample.Op.Name()
	o := ort.SessionOptions{Threads: threads, OptLevel: ort.OptOff}
	model, err := onnx.Emit(c.Graph, onnx.Options{Producer: "ssc", Kernel: func(f string) bool { return f == name }})
	if err == nil {
		err = o.UseKernels([]string{name})
	}
	return model, o, err
}

// kernelSamples are shapes beyond those of the functions' own samples: batches that the pieces of the work do not divide, widths beside
// the vectors' lengths, several blocks of rows.
func kernelSamples() []ir.Sample {
	g := ir.New("kernels")
	var out []ir.Sample
	// add enters the call that made v.
	add := func(label string, v *ir.Value, more ...func(*ir.Arg, int)) {
		s := ir.Sample{Label: label, Op: v.Def.Op}
		for i, in := range v.Def.In {
			if in == nil {
				s.In = append(s.In, ir.Arg{})
				continue
			}
			a := ir.Arg{Dims: in.Shape.Sizes(), DType: in.DType}
			for _, f := range more {
				f(&a, i)
			}
			s.In = append(s.In, a)
		}
		out = append(out, s)
		if l, ok := s.Op.(interface {
			ChannelsLast() (op ir.Op, in, out []int)
		}); ok && len(v.Def.In[0].Shape) == 4 {
			last, maps, _ := l.ChannelsLast()
			s := ir.Sample{Label: label + ", channels last", Op: last, In: slices.Clone(s.In)}
			for _, i := range maps {
				if i >= len(s.In) {
					continue
				}
				move := func(d []int) []int { return []int{d[0], d[2], d[3], d[1]} }
				if d := s.In[i].Dims; d != nil {
					s.In[i].Dims = move(d)
				}
				if t := s.In[i].Value; t != nil {
					s.In[i].Value = clipped(move(t.Dims)...)
				}
			}
			out = append(out, s)
		}
	}
	input := func(d ir.DType, dims ...int) *ir.Value {
		return g.Input(fmt.Sprint("x", len(g.Inputs)), d, ir.Dims(dims...))
	}
	f32 := func(dims ...int) *ir.Value { return input(ir.Float32, dims...) }
	for _, k := range []struct {
		label                      string
		x, w                       []int
		stride, pad, dilate, group int
	}{
		{"pieces", []int{19, 8, 9, 7}, []int{24, 8, 3, 3}, 1, 1, 1, 1},
		{"one sample", []int{1, 16, 6, 6}, []int{16, 16, 3, 3}, 1, 1, 1, 1},
		{"wide point", []int{5, 64, 5, 3}, []int{48, 64, 1, 1}, 1, 0, 1, 1},
		{"strided point", []int{6, 32, 7, 7}, []int{64, 32, 1, 1}, 2, 0, 1, 1},
		// Points as rows of matrices: tiles along the channels, partial sums of the weight's gradient, strides with an edge that no window reads.
		{"tiles of points", []int{3, 200, 9, 7}, []int{40, 200, 1, 1}, 1, 0, 1, 1},
		{"sums of points", []int{33, 16, 8, 8}, []int{24, 16, 1, 1}, 1, 0, 1, 1},
		{"many strided points", []int{50, 24, 16, 9}, []int{300, 24, 1, 1}, 2, 0, 1, 1},
		{"sparse points", []int{3, 144, 11, 8}, []int{136, 144, 1, 1}, 3, 0, 1, 1},
		// Columns of pixels: windows over every edge, parts along the channels, chunks and partial sums, an edge that no window reads.
		{"columns", []int{9, 64, 11, 8}, []int{48, 64, 3, 3}, 2, 1, 1, 1},
		{"sums of columns", []int{60, 32, 15, 15}, []int{40, 32, 3, 3}, 2, 1, 1, 1},
		{"blocks of columns", []int{3, 192, 12, 13}, []int{24, 192, 5, 3}, 3, 2, 1, 1},
		{"photo stem", []int{3, 3, 30, 33}, []int{16, 3, 7, 7}, 2, 3, 1, 1},
		{"grey stem", []int{17, 1, 28, 28}, []int{32, 1, 5, 5}, 2, 2, 1, 1},
		{"wide groups", []int{4, 32, 6, 5}, []int{64, 8, 3, 3}, 1, 1, 1, 4},
		{"wide depthwise", []int{4, 32, 9, 9}, []int{32, 1, 3, 3}, 2, 1, 1, 32},
		{"wide dilation", []int{3, 16, 11, 9}, []int{16, 16, 3, 3}, 1, 2, 2, 1},
		{"unread edge", []int{2, 16, 8, 8}, []int{16, 16, 3, 3}, 3, 0, 1, 1},
		// Winograd's algorithm, from 64 tiles on: tiles over the edge, without padding, with more than a window needs, a tile for each map, many channels.
		{"tiles", []int{5, 32, 17, 18}, []int{48, 32, 3, 3}, 1, 1, 1, 1},
		{"tiles inside", []int{5, 64, 18, 17}, []int{32, 64, 3, 3}, 1, 0, 1, 1},
		{"tiles beyond", []int{5, 32, 14, 17}, []int{32, 32, 3, 3}, 1, 2, 1, 1},
		{"a tile", []int{67, 32, 4, 4}, []int{64, 32, 3, 3}, 1, 1, 1, 1},
		{"deep tiles", []int{20, 160, 7, 7}, []int{144, 160, 3, 3}, 1, 1, 1, 1},
	} {
		o := op.ConvOptions{Strides: []int{k.stride, k.stride}, Pads: []int{k.pad, k.pad, k.pad, k.pad}, Dilations: []int{k.dilate, k.dilate}, Group: k.group}
		x, w := f32(k.x...), f32(k.w...)
		y := fn.Conv(x, w, f32(k.w[0]), o)
		add(k.label, y)
		add(k.label+", no offset", fn.Conv(x, w, nil, o))
		add(k.label, fn.ConvInputGrad(y, w, x.Shape, o))
		add(k.label, fn.ConvWeightGrad(x, y, w.Shape, o))
	}
	positive := func(which int) func(*ir.Arg, int) {
		return func(a *ir.Arg, i int) {
			if i == which {
				a.Lo, a.Hi = 0.5, 2
			}
		}
	}
	for _, k := range []struct {
		dims   []int
		groups int
	}{{[]int{5, 33, 7, 9}, 1}, {[]int{2, 3, 70, 70}, 1}, {[]int{1000, 17}, 1}, {[]int{600, 640}, 1}, {[]int{6, 33, 7, 9}, 3}, {[]int{600, 640}, 2}} {
		x, c := f32(k.dims...), f32(k.dims[1])
		y, mean, variance := fn.BatchNorm(x, c, c, 1e-5, k.groups)
		label := fmt.Sprint(k.dims)
		if k.groups > 1 {
			label += fmt.Sprintf(" in %d groups", k.groups)
		}
		add(label, y)
		dx, _, _ := fn.BatchNormGrad(y, x, c, mean, variance, 1e-5, k.groups)
		add(label, dx, positive(4))
		for name, shortcut := range map[string]*ir.Value{"relu": nil, "shortcut": x} {
			y, _, _ := fn.BatchNormRelu(x, c, c, shortcut, 1e-5, k.groups)
			add(label+" "+name, y)
			add(label+" "+name, y.Def.Op.Grad(y.Def, []*ir.Value{y, nil, nil})[0], positive(5), func(a *ir.Arg, i int) {
				if i == 6 { // y is not negative, and 0 at many places
					a.Dims, a.Value = nil, clipped(a.Dims...)
				}
			})
		}
	}
	distinct := func(a *ir.Arg, i int) { a.Distinct = true }
	for _, k := range []struct {
		label  string
		x      []int
		pool   op.PoolOptions
		evenly []int
	}{
		{"halves", []int{5, 33, 6, 8}, op.PoolOptions{KernelShape: []int{2, 2}, Strides: []int{2, 2}, Pads: []int{0, 0, 0, 0}}, []int{2, 4}},
		{"stem", []int{3, 64, 31, 12}, op.PoolOptions{KernelShape: []int{3, 3}, Strides: []int{2, 2}, Pads: []int{1, 1, 1, 1}}, []int{31, 12}},
	} {
		x := f32(k.x...)
		y := fn.MaxPool(x, k.pool)
		add(k.label, y, distinct)
		add(k.label, y.Def.Op.Grad(y.Def, []*ir.Value{y})[0], distinct)
		y = fn.AveragePool(x, k.evenly)
		add(k.label, y)
		add(k.label, y.Def.Op.Grad(y.Def, []*ir.Value{y})[0])
	}
	w, one := f32(300, 500), f32()
	yes := input(ir.Bool)
	rates := func(which ...int) func(*ir.Arg, int) {
		return func(a *ir.Arg, i int) {
			if i == 0 {
				a.Lo, a.Hi = 1, 2
			}
			if slices.Contains(which, i) {
				a.Lo, a.Hi = 0.1, 1
			}
		}
	}
	o := fn.Descent{Momentum: 0.9, Nesterov: true}
	next, _ := fn.SGD(yes, one, one, one, w, w, w, o)
	add("large", next, rates(1, 2, 3))
	next, _ = fn.LARS(yes, one, one, one, one, w, w, w, fn.LARSOptions{Descent: o, Eta: 0.02, Eps: 1e-8})
	add("large", next, rates(1, 2, 3, 4))
	next, _, _ = fn.Adam(yes, one, one, one, one, w, w, w, w, fn.AdamOptions{Betas: [2]float64{0.9, 0.999}, Eps: 1e-8})
	add("large", next, rates(1, 2, 3, 4, 8))
	next, _, _ = fn.LAMB(yes, one, one, one, one, w, w, w, w, fn.LAMBOptions{Betas: [2]float64{0.9, 0.999}, Eps: 1e-6, Adapt: true})
	add("large", next, rates(1, 2, 3, 4, 8))
	add("large", fn.SumSquares(w))
	add("odd", fn.SumSquares(f32(3, 70001)))
	logits := f32(70, 3000)
	loss := fn.CrossEntropy(logits, input(ir.Int64, 70))
	classes := func(a *ir.Arg, i int) {
		switch i {
		case 0:
			a.Lo, a.Hi = -30, 30
		case 1:
			a.Hi = 3000
		}
	}
	add("many", loss, classes)
	add("many", loss.Def.Op.Grad(loss.Def, []*ir.Value{f32()})[0], classes)
	contrasts(add, f32)
	ranks(add, input)
	return out
}

// contrasts adds InfoNCE and its gradients for several tiles of similarities in both directions, and for so few queries or keys that the sums of a gradient come in parts.
func contrasts(add func(string, *ir.Value, ...func(*ir.Arg, int)), f32 func(...int) *ir.Value) {
	for _, k := range [][3]int{{300, 700, 33}, {5, 9000, 16}, {2100, 3, 7}, {129, 129, 1}} {
		label, rows, keys := fmt.Sprint(k), k[0], k[1]
		q, key := f32(rows, k[2]), f32(keys, k[2])
		next := make([]int, rows)
		for i := range next {
			next[i] = (i + 1) % keys
		}
		// In training the logarithm of the denominator is somewhat above that of the number of keys.
		bound := func(a *ir.Arg, i int) {
			switch {
			case a.DType == ir.Int64:
				a.Value = ir.Ints(next...)
			case i == 4:
				a.Lo, a.Hi = 6, 8
			}
		}
		for name, loss := range map[string]*ir.Value{
			"":        fn.InfoNCE(q, key, op.ConstInts(q.Graph(), next...), nil, 1, false),
			" masked": fn.InfoNCE(q, key, op.ConstInts(q.Graph(), next...), nil, 0.5, true),
			" beside": fn.InfoNCE(q, key, nil, f32(rows, 1), 0.5, false),
		} {
			add(label+name, loss, bound)
			for i, d := range loss.Def.Op.Grad(loss.Def, []*ir.Value{f32(), f32(rows)})[:2] {
				add(fmt.Sprint(label, name, i), d, bound)
			}
		}
	}
}

// clipped is a tensor without negative elements that is 0 at every other place or so.
func clipped(dims ...int) *ir.Tensor {
	t := ir.NewTensor(ir.Float32, dims...)
	for i := range t.Data {
		t.Data[i] = max(0, math.Sin(float64(i)))
	}
	return t
}

// TestKernelsOfOlderProcessors runs TestKernels again, with the instruction sets limited.
func TestKernelsOfOlderProcessors(t *testing.T) {
	kernelNames(t)
	if os.Getenv("ONEDNN_MAX_CPU_ISA") != "" {
		t.Skip("this is such a run")
	}
	for _, isa := range []string{"AVX2", "SSE41"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKernels$")
		cmd.Env = append(os.Environ(), "ONEDNN_MAX_CPU_ISA="+isa)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("with %s: %v\n%s", isa, err, out)
		}
	}
}

// TestStepByKernels: a training step whose maps have their channels last and whose functions run as kernels does what the step of the
// bodies does, changes nothing when the batch is bad, and moves channels only where the network begins.
func TestStepByKernels(t *testing.T) {
	names := kernelNames(t)
	r := compileWith(t, compiler.Options{Kernels: names}, "testdata/tiny.hcl")
	if r.Plan.Target.Layout != "nhwc" || len(r.Plan.Target.Kernels) == 0 {
		t.Errorf("the target is %+v, want channels last and kernels", r.Plan.Target)
	}
	l, err := pass.Layout(r.Train)
	if err != nil {
		t.Fatal(err)
	}
	// The images come in; what the pool gives is one pixel, whose channels need no move.
	if len(l.Moves) != 1 {
		t.Errorf("the step moves channels %d times, want 1:", len(l.Moves))
		for _, n := range l.Moves {
			t.Log(n.Out[0])
		}
	}
	for name, over := range map[string]string{"adam": "", "lars": "optimizer \"lars\" {\n momentum = 0.9\n weight_decay = 0.1\n}", "lamb": `optimizer "lamb" {}`} {
		t.Run(name, func(t *testing.T) { stepsByKernels(t, names, over) })
	}
}

// stepsByKernels compares steps of the kernels with steps of the bodies.
func stepsByKernels(t *testing.T, names []string, over string) {
	r, bodies := compileOver(t, compiler.Options{Kernels: names}, "tiny.hcl", over), compile(t, "tiny.hcl", true, over)
	a, b := newMachine(t, bodies, false), newMachine(t, r, false)
	for i := range 3 {
		want, got := a.step(t, images(bodies, uint64(i)), nil), b.step(t, images(r, uint64(i)), nil)
		if e := math.Abs(got["loss"] - want["loss"]); !(e <= 1e-5) {
			t.Errorf("step %d: loss = %g, want %g", i, got["loss"], want["loss"])
		}
		if e := math.Abs(got["grad_norm"]/want["grad_norm"] - 1); !(e <= 1e-4) {
			t.Errorf("step %d: grad_norm = %g, want %g", i, got["grad_norm"], want["grad_norm"])
		}
	}
	before, bad := snapshot(t, r, b), images(r, 9)
	bad["view0"].Data[5] = math.NaN()
	b.step(t, bad, nil)
	for name, x := range snapshot(t, r, b) {
		if !slices.Equal(x, before[name]) {
			t.Errorf("a step on a bad batch changes %s", name)
		}
	}
}
