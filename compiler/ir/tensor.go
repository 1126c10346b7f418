package ir

import "fmt"

// Tensor is a constant or a value of the reference evaluator. Data holds every element type as float64, row-major; it is exact
// for integers up to 2^53. Bool is 0 or 1.
type Tensor struct {
	DType DType
	Dims  []int
	Data  []float64
}

// NewTensor returns a tensor of zeros.
func NewTensor(d DType, dims ...int) *Tensor {
	n := 1
	for _, k := range dims {
		n *= k
	}
	return &Tensor{DType: d, Dims: append([]int{}, dims...), Data: make([]float64, n)}
}

// ScalarTensor returns a tensor of rank 0.
func ScalarTensor(d DType, x float64) *Tensor {
	return &Tensor{DType: d, Dims: []int{}, Data: []float64{x}}
}

// Ints returns an int64 vector, as ONNX takes axes and shapes.
func Ints(v ...int) *Tensor {
	t := NewTensor(Int64, len(v))
	for i, n := range v {
		t.Data[i] = float64(n)
	}
	return t
}

// Floats returns a tensor of the given type and dims over data; it panics when their sizes differ.
func Floats(d DType, dims []int, data ...float64) *Tensor {
	t := NewTensor(d, dims...)
	if len(t.Data) != len(data) {
		panic(fmt.Sprintf("ir: %d elements for dims %v", len(data), dims))
	}
	copy(t.Data, data)
	return t
}

// Int returns the elements as ints.
func (t *Tensor) Int() []int {
	v := make([]int, len(t.Data))
	for i, x := range t.Data {
		v[i] = int(x)
	}
	return v
}

// Type is the static type of the tensor.
func (t *Tensor) Type() Type { return Type{t.DType, Dims(t.Dims...)} }

// Clone returns a deep copy.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{DType: t.DType, Dims: append([]int{}, t.Dims...), Data: append([]float64{}, t.Data...)}
}

// Strides returns the row-major strides of dims in elements.
func Strides(dims []int) []int {
	s := make([]int, len(dims))
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		s[i] = n
		n *= dims[i]
	}
	return s
}
