package cuda_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"math"
	"slices"
	"testing"

	compiler "ssc/compiler/cuda"
	"ssc/compiler/ir"
	"ssc/compiler/op/optest"
	"ssc/kernels/cuda"
	"ssc/kernels/cuda/host"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
)

// real is the GPU that the kernels run on instead of the processor.
var real = flag.Int("gpu", -1, "number of the GPU to run kernels on, compiled by NVRTC; without one they run on the processor")

// machine is where kernels run.
type machine struct {
	driver string // its library; empty for the machine's
	binary func(source string) []byte
	worked map[string]bool // functions that a library has computed
}

// here compiles the kernels of functions for the processor, or for the GPU that was asked for.
func here(t *testing.T) machine {
	t.Helper()
	if *real < 0 {
		return machine{host.Functions(t), func(string) []byte { return host.Binary }, map[string]bool{}}
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
	for _, name := range host.Sources() {
		if binaries[name], err = c.Compile(nvrtc.SourceOf(name), d.Arch()); err != nil {
			t.Fatal(err)
		}
	}
	return machine{"", func(source string) []byte { return binaries[source] }, map[string]bool{}}
}

// rig runs the kernels of one call.
type rig struct {
	t       *testing.T
	m       machine
	d       *nvrtc.Driver
	modules map[string]*nvrtc.Module // by kernel
	libs    *nvrtc.Libraries         // NVIDIA's; nil for none
	in, out []*nvrtc.Memory          // nil for what is absent
	taken   []*nvrtc.Memory
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

// launch begins the kernels of a call.
func (r *rig) launch(c *cuda.Call) {
	r.t.Helper()
	scratch, err := r.d.NewMemory(c.Scratch)
	if err != nil {
		r.t.Fatal(err)
	}
	r.taken = append(r.taken, scratch)
	for _, l := range c.Launches {
		args := slices.Clone(l.Args)
		for i, a := range args {
			switch a := a.(type) {
			case cuda.Input:
				args[i] = r.in[a]
			case cuda.Output:
				args[i] = (*nvrtc.Memory)(nil)
				if int(a) < len(r.out) {
					args[i] = r.out[a]
				}
			case cuda.Scratch:
				args[i] = scratch.Address() + nvrtc.Address(a)
			}
		}
		r.m.worked[c.Function.Name] = r.m.worked[c.Function.Name] || l.Work != nil
		if err := r.begin(l, args); err != nil {
			r.t.Fatal(err)
		}
	}
}

// begin begins a launch, or a library's work.
func (r *rig) begin(l cuda.Launch, args []any) error {
	if l.Work != nil {
		return r.libs.Run(l.Work, args...)
	}
	f, err := r.modules[l.Kernel].Function(l.Kernel)
	if err != nil {
		return err
	}
	return r.d.Launch(f, l.Blocks, l.Threads, args...)
}

// plan is how the function of a sample is computed by blocks of so many threads, or a library.
func plan(c *optest.Case, threads int, library cuda.Libraries) (*cuda.Call, error) {
	i := slices.IndexFunc(c.Graph.Nodes, func(n *ir.Node) bool { return ir.IsFunction(n.Op) })
	return compiler.Plan(c.Graph.Nodes[i], cuda.Limits{Blocks: 3, Threads: threads, Libraries: library})
}

// open gives NVIDIA's libraries on an opened GPU, or what stands in their place.
func (m machine) open(d *nvrtc.Driver) *nvrtc.Libraries {
	cudnn, cublaslt := m.driver, m.driver
	if m.driver == "" {
		cudnn, cublaslt = ort.ProductLibraries()
	}
	return nvrtc.OpenLibraries(d, cudnn, cublaslt)
}

func closing(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
