package ort

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"ssc/runtime/ort/standin"
)

// openFake opens a device with a library of [standin]. ONNX Runtime is told that its memory is the processor's.
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
	for name, library := range map[string]string{"processor": "", "fake": standin.Library(t)} {
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
	d := openFake(t, standin.Library(t))
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
	fake := standin.Library(t)
	for _, c := range []struct{ device, lib, want string }{
		{"gpu", "", "there is no device"},
		{"cuda", "/nowhere/libcudart.so", "opening the device cuda: /nowhere/libcudart.so"},
		{"cuda", compiled(t, "libempty.so", "int nothing;"), "undefined symbol: cudaSetDevice"},
		{"cuda:7", fake, "error 101 of the device: something else"},
	} {
		if d, err := OpenDevice(c.device, c.lib); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("OpenDevice(%q, %q) = %v, %v, want %q", c.device, c.lib, d, err, c.want)
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
