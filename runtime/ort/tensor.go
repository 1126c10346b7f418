package ort

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"unsafe"
)

// dtypes are the element types by the names that plans use, with ONNX's number and the size in bytes.
var dtypes = []struct {
	name  string
	onnx  int
	bytes int
}{{"f32", 1, 4}, {"f64", 11, 8}, {"bf16", 16, 2}, {"f16", 10, 2}, {"i64", 7, 8}, {"i32", 6, 4}, {"u8", 2, 1}, {"bool", 9, 1}, {"i8", 3, 1}}

// dtypeOf names ONNX's element type, or says that it is none of ours.
func dtypeOf(onnx int) string {
	for _, d := range dtypes {
		if d.onnx == onnx {
			return d.name
		}
	}
	return fmt.Sprintf("unsupported type %d", onnx)
}

// Tensor is a dense row-major buffer outside Go's heap, zeroed, aligned to 64 bytes. Its slices are views that end with Close; while
// a [Binding] uses the tensor the memory stays. The memory of one that a [Device] made may be out of the processor's reach: see there.
type Tensor struct {
	dtype string
	onnx  int
	dims  []int
	bytes int
	data  unsafe.Pointer
	users atomic.Int32 // the owner until Close, and each binding
	open  atomic.Bool

	device *Device // whose memory it is; nil: the processor's
	staged bool    // it is the processor's memory, and a device made it
}

// NewTensor makes a tensor of zeros. Element types are f32, f64, bf16, f16, i64, i32, u8, i8, bool.
func NewTensor(dtype string, dims []int) (*Tensor, error) {
	t, err := shaped(dtype, dims)
	if err != nil {
		return nil, err
	}
	if t.data = allocate(t.bytes); t.data == nil {
		return nil, fmt.Errorf("making a tensor: no memory for the %d bytes of %s%v", t.bytes, dtype, dims)
	}
	return t.ready(), nil
}

// shaped is a tensor without memory.
func shaped(dtype string, dims []int) (*Tensor, error) {
	t := &Tensor{dtype: dtype, dims: slices.Clone(dims)}
	for _, d := range dtypes {
		if d.name == dtype {
			t.onnx, t.bytes = d.onnx, d.bytes
		}
	}
	if t.bytes == 0 {
		return nil, fmt.Errorf("making a tensor: no element type is called %q", dtype)
	}
	if len(dims) > maxRank {
		return nil, fmt.Errorf("making a tensor: %d axes, at most %d are supported", len(dims), maxRank)
	}
	for _, n := range dims {
		if n < 0 || n > 0 && t.bytes > math.MaxInt/n {
			return nil, fmt.Errorf("making a tensor: %s%v has no size that fits in memory", dtype, dims)
		}
		t.bytes *= n
	}
	return t, nil
}

// Address is where the tensor's memory begins, for another library that works on the same device. It ends with Close.
func (t *Tensor) Address() uint64 { return uint64(uintptr(t.data)) }

// ready hands out a tensor that has got its memory.
func (t *Tensor) ready() *Tensor {
	t.users.Store(1)
	t.open.Store(true)
	return t
}

// Close gives the memory back as soon as no binding uses it. A second Close does nothing.
func (t *Tensor) Close() {
	if t.open.Swap(false) {
		t.release()
	}
}

func (t *Tensor) release() {
	switch {
	case t.users.Add(-1) > 0:
	case t.device != nil:
		t.device.free(t)
	default:
		free(t.data)
	}
}

// far reports whether the processor does not reach the tensor's memory.
func (t *Tensor) far() bool { return t.device != nil && !t.staged }

// DType is the element type.
func (t *Tensor) DType() string { return t.dtype }

// Dims are the sizes of the axes.
func (t *Tensor) Dims() []int { return slices.Clone(t.dims) }

func (t *Tensor) String() string { return fmt.Sprintf("%s%v", t.dtype, t.dims) }

// Bytes is the memory of the tensor, in the machine's byte order.
func (t *Tensor) Bytes() []byte { return view[byte](t, t.dtype) }

// Float32 is the memory of an f32 tensor. Like its siblings it panics for another element type.
func (t *Tensor) Float32() []float32 { return view[float32](t, "f32") }

// Float64 is the memory of an f64 tensor.
func (t *Tensor) Float64() []float64 { return view[float64](t, "f64") }

// Int64 is the memory of an i64 tensor.
func (t *Tensor) Int64() []int64 { return view[int64](t, "i64") }

// Int32 is the memory of an i32 tensor.
func (t *Tensor) Int32() []int32 { return view[int32](t, "i32") }

// Uint8 is the memory of a u8 tensor.
func (t *Tensor) Uint8() []uint8 { return view[uint8](t, "u8") }

// Int8 is the memory of an i8 tensor.
func (t *Tensor) Int8() []int8 { return view[int8](t, "i8") }

// Bool is the memory of a bool tensor.
func (t *Tensor) Bool() []bool { return view[bool](t, "bool") }

func view[T any](t *Tensor, dtype string) []T {
	if !t.open.Load() {
		panic("ort: use of a closed tensor")
	}
	if t.far() {
		panic(fmt.Sprintf("ort: %s lies on %s and is read as if it did not", t, t.device))
	}
	if t.dtype != dtype {
		panic(fmt.Sprintf("ort: %s used as %s", t, dtype))
	}
	var x T
	return unsafe.Slice((*T)(t.data), t.bytes/int(unsafe.Sizeof(x)))
}
