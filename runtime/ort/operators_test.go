package ort_test

import (
	"math"
	"strings"
	"testing"
	"unsafe"

	"ssc/kernels/cuda/host"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
)

// TestLauncher launches kernels on the processor, by a library in the place of the driver.
func TestLauncher(t *testing.T) {
	library := host.Library(t, "layer_norm.cu", "batch_norm.cu", "linear_input_grad.cu")
	t.Run("computes", func(t *testing.T) { launches(t, launcher(t, library, "LayerNorm")) })
	t.Run("calls", func(t *testing.T) { calls(t, library) })
	t.Run("refuses", func(t *testing.T) { refuses(t, launcher(t, library, "LayerNorm", "BatchNorm")) })
}

// launcher is one for functions.
func launcher(t *testing.T, library string, names ...string) *ort.Launcher {
	return functions(t, library, names...).Launcher
}

// functions are computed by kernels on the processor.
func functions(t *testing.T, library string, names ...string) *nvrtc.Functions {
	t.Helper()
	f, err := nvrtc.LoadFunctions(library, 0, names, host.Compile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// normModel is a norm of x, with what else it needs given: w and b.
func normModel(op string, dims ...any) []byte {
	channels := dims[len(dims)-1]
	if op == "BatchNorm" {
		channels = dims[1]
	}
	return model([]node{{op: op, domain: "ai.ssc", in: []string{"x", "w", "b"}, out: []string{"z"}}, {op: "Neg", in: []string{"z"}, out: []string{"y"}}},
		[]value{f32("x", dims...), f32("w", channels), f32("b", channels)}, []value{f32("y", dims...)})
}

// launches: a session computes a function by kernels that it launches, among operators of ONNX Runtime.
func launches(t *testing.T, own *ort.Launcher) {
	s := session(t, normModel("LayerNorm", 2, 2), ort.SessionOptions{Launcher: own})
	x, w, b, y := tensor(t, "f32", 2, 2), tensor(t, "f32", 2), tensor(t, "f32", 2), tensor(t, "f32", 2, 2)
	copy(x.Float32(), []float32{1, 3, 5, -5})
	copy(w.Float32(), []float32{2, 3})
	copy(b.Float32(), []float32{0, 1})
	binding, err := s.Bind(map[string]*ort.Tensor{"x": x, "w": w, "b": b}, map[string]*ort.Tensor{"y": y})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := binding.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, want := range []float32{2, -4, -2, 2} {
			if got := y.Float32()[i]; math.Abs(float64(got-want)) > 1e-5 {
				t.Errorf("y = %v, want -LayerNorm(x)", y.Float32())
			}
		}
	}
}

// refuses: what a kernel does not take, and what its driver refuses, is told; so is a node of the processor whose function has kernels of a GPU alone.
func refuses(t *testing.T, own *ort.Launcher) {
	forCUDA := ort.SessionOptions{Launcher: own}
	forCUDA.ForCUDA()
	missing := *own
	missing.Kernel = func(source, name string) (unsafe.Pointer, error) { return own.Kernel(source, "No"+name) }
	for _, c := range []struct {
		model []byte
		o     ort.SessionOptions
		want  string
	}{
		{normModel("LayerNorm", "rows", 2), ort.SessionOptions{Launcher: own}, "input 0 of LayerNorm: a shape is not known"},
		{normModel("LayerNorm", 2, 0), ort.SessionOptions{Launcher: own}, "LayerNorm: input 0 has the shape [2 0], which has no rows"},
		{normModel("LayerNorm", 2, 2), ort.SessionOptions{Launcher: &missing}, "LayerNorm: looking for the kernel NoLayerNorm: error 500 of CUDA: named symbol not found"},
		{normModel("LayerNorm", 2, 2), forCUDA, "Could not find an implementation for LayerNorm"},
	} {
		s, err := ort.NewSession(c.model, c.o)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("NewSession = %v, want %q", err, c.want)
		}
	}
	session(t, negative(2), forCUDA) // which has no such node

	lost := *own
	lost.Context = nil
	s := session(t, normModel("LayerNorm", 2, 2), ort.SessionOptions{Launcher: &lost})
	in := map[string]*ort.Tensor{"x": tensor(t, "f32", 2, 2), "w": tensor(t, "f32", 2), "b": tensor(t, "f32", 2)}
	b, err := s.Bind(in, map[string]*ort.Tensor{"y": tensor(t, "f32", 2, 2)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "launching kernels: error 1 of CUDA: failed") {
		t.Errorf("Run = %v", err)
	}
}

// calls: what a library takes it computes instead of a kernel, and what it refuses at last is told.
func calls(t *testing.T, library string) {
	f := functions(t, library, "LinearInputGrad")
	f.Use(library, library)
	kernels, find := 0, f.Kernel
	f.Kernel = func(source, name string) (unsafe.Pointer, error) { kernels++; return find(source, name) }
	for _, c := range []struct {
		depth, kernels int
		want           string
	}{{2, 0, ""}, {13, 1, ""}, {19, 0, "calling cuBLASLt: error 15: not supported"}} {
		kernels = 0
		m := model([]node{{op: "LinearInputGrad", domain: "ai.ssc", in: []string{"dy", "w"}, out: []string{"dx"}}}, []value{f32("dy", 3, c.depth), f32("w", c.depth, 4)}, []value{f32("dx", 3, 4)})
		dy, w, dx := tensor(t, "f32", 3, c.depth), tensor(t, "f32", c.depth, 4), tensor(t, "f32", 3, 4)
		for i := range dy.Float32() {
			dy.Float32()[i] = float32(i / c.depth)
		}
		for i := range w.Float32() {
			w.Float32()[i] = float32(i % 4)
		}
		b, err := session(t, m, ort.SessionOptions{Launcher: f.Launcher}).Bind(map[string]*ort.Tensor{"dy": dy, "w": w}, map[string]*ort.Tensor{"dx": dx})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context()); kernels != c.kernels || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("depth %d: Run = %v with %d kernels, want %q with %d", c.depth, err, kernels, c.want, c.kernels)
		}
		for i, v := range dx.Float32() {
			if want := float32(c.depth * (i / 4) * (i % 4)); c.want == "" && v != want {
				t.Errorf("depth %d: dx[%d] = %g, want %g", c.depth, i, v, want)
			}
		}
	}
}

// negative is y = -x.
func negative(n int) []byte {
	return model([]node{{op: "Neg", in: []string{"x"}, out: []string{"y"}}}, []value{f32("x", n)}, []value{f32("y", n)})
}
