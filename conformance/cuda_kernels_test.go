package conformance

import (
	"slices"
	"testing"
	"unsafe"

	cudacheck "ssc/compiler/cuda"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op/optest"
	"ssc/kernels/cuda"
	"ssc/kernels/cuda/host"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
)

// cudaFunctions are functions whose kernels run on the processor, the threads of a block in order or, on device 1, backwards.
func cudaFunctions(t *testing.T, library string, device int, names []string) *nvrtc.Functions {
	t.Helper()
	f, err := nvrtc.LoadFunctions(library, device, names, host.Compile)
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

// slow reports whether a sample is one that the processor's own kernels need for their corners, and that takes seconds by kernels of a GPU.
func slow(s ir.Sample) bool {
	for _, a := range s.In {
		n := 1
		for _, d := range a.Dims {
			n *= d
		}
		if n > 50000 {
			return true
		}
	}
	return false
}

// TestCUDAKernels: in a session, which gives them memory and scratch, kernels for GPUs compute what the bodies of their functions do, for every sample that they take; whatever thread is the first, they compute the same bits.
func TestCUDAKernels(t *testing.T) {
	library := host.Functions(t)
	all := slices.DeleteFunc(slices.Concat(samples(), kernelSamples(), tokenKernelSamples()), slow)
	ran := map[string]int{}
	for _, s := range slices.Concat(all, narrowed(all)) {
		if !ir.IsFunction(s.Op) || cuda.Lookup(s.Op.Name()) == nil {
			continue
		}
		c, err := optest.NewCase(s)
		if err != nil {
			t.Fatal(err)
		}
		call := slices.IndexFunc(c.Graph.Nodes, func(n *ir.Node) bool { return ir.IsFunction(n.Op) })
		if _, err := cudacheck.Plan(c.Graph.Nodes[call], cuda.Usual); err != nil {
			continue
		}
		ran[s.Op.Name()]++
		t.Run(optest.Name(s), func(t *testing.T) {
			name := s.Op.Name()
			model, err := onnx.Emit(c.Graph, onnx.Options{Producer: "ssc", Kernel: func(f string) bool { return f == name }})
			if err != nil {
				t.Fatal(err)
			}
			want, err := c.Graph.Eval(c.Feeds)
			if err != nil {
				t.Fatal(err)
			}
			var got [3][]*ir.Tensor // the last by NVIDIA's libraries, where they take the call
			for i := range got {
				functions := cudaFunctions(t, library, i%2, []string{name})
				if i == 2 {
					functions.Use(library, library)
				}
				launched := functions.Launcher
				kernels, find := 0, launched.Kernel
				launched.Kernel = func(source, name string) (unsafe.Pointer, error) { kernels++; return find(source, name) }
				o := ort.SessionOptions{Threads: 1, OptLevel: ort.OptOff, Launcher: launched}
				if got[i], err = runSession(t, model, o, c.Graph, c.Feeds); err != nil {
					t.Fatal(err)
				}
				if kernels == 0 && i < 2 {
					t.Error("no kernel was launched")
				}
			}
			for i, v := range c.Graph.Outputs {
				tol := max(c.Sample.Tol, defaultTol)
				if v.DType == ir.BFloat16 {
					tol = max(tol, bfloat16Tol)
				}
				if err := optest.Close(got[0][i], want[i], tol); err != nil {
					t.Errorf("output %s differs from the body's: %v", v, err)
				}
				if err := optest.Close(got[2][i], want[i], max(tol, bfloat16Tol)); err != nil {
					t.Errorf("output %s with libraries differs from the body's: %v", v, err)
				}
				if !slices.Equal(got[0][i].Data, got[1][i].Data) {
					t.Errorf("output %s differs between orders of threads", v)
				}
			}
		})
	}
	for _, f := range cuda.Functions() {
		if ran[f.Name] == 0 {
			t.Errorf("no sample of %s is taken", f.Name)
		}
	}
}
