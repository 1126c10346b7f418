package ort

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// fakeRuntime is a device's runtime library whose memory is the processor's: two MiB of it, and copies are carried out by nobody before somebody waits.
const fakeRuntime = `#include <stdlib.h>
#include <string.h>
static struct { void *to; const void *from; size_t n; } queue[64];
static int waiting, device = -1;
static size_t taken;
int cudaSetDevice(int d) { return d > 1 ? 101 : (device = d, 0); }
int cudaMalloc(void **p, size_t n) {
	if (device != 1) return 999;
	if (taken + n > 2 << 20) return 2;
	size_t *block = aligned_alloc(64, (n + 127) / 64 * 64);
	*block = n, taken += n, *p = block + 8;
	return memset(*p, 0xff, n), 0;
}
int cudaFree(void *p) { size_t *block = (size_t *)p - 8; return taken -= *block, free(block), 0; }
int cudaMallocHost(void **p, size_t n) { return *p = aligned_alloc(64, (n + 63) / 64 * 64), 0; }
int cudaFreeHost(void *p) { return free(p), 0; }
int cudaMemset(void *p, int c, size_t n) { return memset(p, c, n), 0; }
int cudaStreamCreateWithFlags(void **s, unsigned f) { return *s = queue, f != 1; }
int cudaStreamDestroy(void *s) { return s != queue; }
int cudaMemcpyAsync(void *to, const void *from, size_t n, int kind, void *s) {
	if (s != queue || kind < 1 || kind > 2 || waiting == 64) return 21;
	queue[waiting].to = to, queue[waiting].from = from, queue[waiting++].n = n;
	return 0;
}
int cudaStreamSynchronize(void *s) {
	for (int i = 0; i < waiting; i++) memcpy(queue[i].to, queue[i].from, queue[i].n);
	return waiting = 0, s != queue;
}
int cudaMemGetInfo(size_t *left, size_t *total) { return *left = (2 << 20) - taken, *total = 2 << 20, 0; }
const char *cudaGetErrorString(int e) { return e == 2 ? "out of memory" : "something else"; }`

// openFake opens a device with the library above. ONNX Runtime is told that its memory is the processor's.
func openFake(t *testing.T, library string) *Device {
	t.Helper()
	lib, err := open()
	if err != nil {
		t.Fatal(err)
	}
	d := &Device{lib: lib, name: "fake"}
	if d, err = openDevice(d, "cpu", 1, library); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// TestDeviceCopies: what is copied in comes back, once somebody waits, through a session that reads and writes the device's memory; memory comes zeroed and goes back.
func TestDeviceCopies(t *testing.T) {
	for name, library := range map[string]string{"processor": "", "fake": compiled(t, "libfakert.so", fakeRuntime)} {
		d := openFake(t, library)
		before, _, err := d.Memory()
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSession(doubling(), SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		in, out := must(d.NewHost("f32", []int{3}))(t), must(d.NewHost("f32", []int{3}))(t)
		x, y := must(d.NewTensor("f32", []int{3}))(t), must(d.NewTensor("f32", []int{3}))(t)
		b, err := s.Bind(map[string]*Tensor{"x": x}, map[string]*Tensor{"y": y})
		if err != nil {
			t.Fatal(err)
		}
		step := func() []float32 {
			if err := errors.Join(d.Wait(), b.Run(context.Background()), d.CopyOut(out, y), d.Wait()); err != nil {
				t.Fatal(err)
			}
			return out.Float32()
		}
		if got := step(); !slices.Equal(got, []float32{0, 0, 0}) {
			t.Errorf("%s: of fresh memory the model makes %v, want zeros", name, got)
		}
		copy(in.Float32(), []float32{1, -2, 3})
		if err := d.CopyIn(x, in); err != nil {
			t.Fatal(err)
		}
		if got := step(); !slices.Equal(got, []float32{2, -4, 6}) {
			t.Errorf("%s: the model makes %v, want the doubles", name, got)
		}
		b.Close()
		for _, x := range []*Tensor{x, y, in, out} {
			x.Close()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if after, _, err := d.Memory(); err != nil || after != before {
			t.Errorf("%s: %d bytes are free after all was closed, %d before; %v", name, after, before, err)
		}
	}
}

// TestRefresh: a session elsewhere is given what its inputs on the processor hold at each run.
func TestRefresh(t *testing.T) {
	s, err := NewSession(doubling(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.far = true
	x, y := must(NewTensor("f32", []int{3}))(t), must(openFake(t, "").NewHost("f32", []int{3}))(t)
	defer x.Close()
	defer y.Close()
	b, err := s.Bind(map[string]*Tensor{"x": x}, map[string]*Tensor{"y": y})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		x.Float32()[1] = float32(i)
		if err := b.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := y.Float32(); !slices.Equal(got, []float32{0, 2 * float32(i), 0}) {
			t.Errorf("run %d makes %v", i, got)
		}
	}
	x.Close()
	if err := b.Run(context.Background()); err == nil {
		t.Error("a closed tensor was bound again")
	}
	b.Close()
}

// TestDeviceRefuses: memory of a device is not read as if it were the processor's, copies go where they can, and a full device is told from a broken one.
func TestDeviceRefuses(t *testing.T) {
	d := openFake(t, compiled(t, "libfakert.so", fakeRuntime))
	far, near := must(d.NewTensor("f32", []int{3}))(t), must(d.NewHost("f32", []int{3}))(t)
	defer far.Close()
	defer near.Close()
	for what, err := range map[string]error{
		"in, backwards": d.CopyIn(near, far), "out, backwards": d.CopyOut(far, near), "in, to the processor": d.CopyIn(near, near), "another size": d.CopyIn(far, must(d.NewHost("f32", []int{2}))(t)),
	} {
		if err == nil {
			t.Errorf("copying %s works", what)
		}
	}
	if _, err := d.NewTensor("f32", []int{1 << 20}); !errors.Is(err, ErrDeviceMemory) || !strings.Contains(err.Error(), "f32[1048576] on fake: the device is out of memory") {
		t.Errorf("a tensor beyond the device's memory: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("memory of the device was read")
		}
	}()
	far.Float32()
}

// TestOpenDevice: what cannot be opened says why.
func TestOpenDevice(t *testing.T) {
	fake := compiled(t, "libfakert.so", fakeRuntime)
	for _, c := range []struct{ device, library, want string }{
		{"gpu", "", "there is no device"},
		{"cuda", "/nowhere/libcudart.so", "opening the device cuda: /nowhere/libcudart.so"},
		{"cuda", compiled(t, "libempty.so", "int nothing;"), "undefined symbol: cudaSetDevice"},
		{"cuda:7", fake, "error 101 of the device: something else"},
	} {
		if d, err := OpenDevice(c.device, c.library); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("OpenDevice(%q, %q) = %v, %v, want %q", c.device, c.library, d, err, c.want)
		}
	}
}

// TestDeviceUse: an allocator of ONNX Runtime's own tells what it handed out.
func TestDeviceUse(t *testing.T) {
	d := openFake(t, "")
	s, err := NewSession(doubling(), SessionOptions{Config: map[string]string{"session.use_env_allocators": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	use, err := d.Use(s)
	if _, ok := use["MaxInUse"]; err != nil || !ok {
		t.Errorf("Use = %v, %v", use, err)
	}
}

// must fails the test where a tensor could not be made.
func must(x *Tensor, err error) func(*testing.T) *Tensor {
	return func(t *testing.T) *Tensor {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

// doubling is the model y = x + x of three numbers.
func doubling() []byte {
	str := func(m []byte, field protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
	}
	num := func(m []byte, field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), n)
	}
	port := func(name string) string {
		tensor := str(num(nil, 1, 1), 2, string(str(nil, 1, string(num(nil, 1, 3)))))
		return string(str(str(nil, 1, name), 2, string(str(nil, 1, string(tensor)))))
	}
	node := str(str(str(str(str(nil, 1, "x"), 1, "x"), 2, "y"), 3, "y"), 4, "Add")
	graph := str(str(str(str(nil, 1, string(node)), 2, "double"), 11, port("x")), 12, port("y"))
	return str(str(num(nil, 1, 8), 7, string(graph)), 8, string(num(str(nil, 1, ""), 2, 18)))
}
