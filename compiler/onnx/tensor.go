package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// ErrElementType is wrapped by errors about element types that ssc does not use: 16-bit and most unsigned integers, strings, complex
// numbers, 8-bit floats.
var ErrElementType = errors.New("an element type that ssc does not know")

// dataTypes are the numbers of TensorProto.DataType.
var dataTypes = map[ir.DType]int64{
	ir.Float32: 1, ir.Uint8: 2, ir.Int32: 6, ir.Int64: 7, ir.Bool: 9, ir.Float16: 10, ir.Float64: 11, ir.BFloat16: 16, ir.Int8: 3,
}

// dtypeOf is the inverse of dataTypes.
func dtypeOf(n int64) (ir.DType, error) {
	for d, k := range dataTypes {
		if k == n {
			return d, nil
		}
	}
	return ir.Invalid, fmt.Errorf("data type %d: %w", n, ErrElementType)
}

// tensorProto is t with its elements in raw form. Floats are rounded to nearest even, integers beyond the type's range saturate.
func tensorProto(name string, t *ir.Tensor) *Tensor {
	p := &Tensor{Name: name, DataType: dataTypes[t.DType], Dims: int64s(t.Dims), Raw: make([]byte, 0, len(t.Data)*t.DType.Bytes())}
	le := binary.LittleEndian
	if t.DType == ir.Float32 { // of which there are many
		p.Raw = p.Raw[:4*len(t.Data)]
		for i, x := range t.Data {
			le.PutUint32(p.Raw[4*i:], math.Float32bits(float32(x)))
		}
		return p
	}
	for _, x := range t.Data {
		switch t.DType {
		case ir.Float64:
			p.Raw = le.AppendUint64(p.Raw, math.Float64bits(x))
		case ir.BFloat16:
			p.Raw = le.AppendUint16(p.Raw, bfloat16.pack(x))
		case ir.Float16:
			p.Raw = le.AppendUint16(p.Raw, float16.pack(x))
		case ir.Int64:
			p.Raw = le.AppendUint64(p.Raw, uint64(saturate(x, math.MinInt64, math.MaxInt64)))
		case ir.Int32:
			p.Raw = le.AppendUint32(p.Raw, uint32(saturate(x, math.MinInt32, math.MaxInt32)))
		case ir.Uint8:
			p.Raw = append(p.Raw, uint8(saturate(x, 0, math.MaxUint8)))
		case ir.Int8:
			p.Raw = append(p.Raw, uint8(int8(saturate(x, math.MinInt8, math.MaxInt8))))
		case ir.Bool:
			p.Raw = append(p.Raw, uint8(saturate(x, 0, 1)))
		}
	}
	return p
}

func int64s(v []int) []int64 {
	out := make([]int64, len(v))
	for i, n := range v {
		out[i] = int64(n)
	}
	return out
}

func saturate(x float64, lo, hi int64) int64 {
	switch {
	case math.IsNaN(x):
		return 0
	case x >= float64(hi):
		return hi
	case x <= float64(lo):
		return lo
	}
	return int64(x)
}

// ReadTensor reads a TensorProto. An int64 beyond 2^53, which an [ir.Tensor] cannot hold exactly, is rounded towards zero.
func ReadTensor(b []byte) (*ir.Tensor, error) {
	var p Tensor
	if err := unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("reading a tensor: %w", err)
	}
	return p.Tensor()
}

// Tensor converts p.
func (p *Tensor) Tensor() (*ir.Tensor, error) {
	t, err := p.convert()
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", p.Name, err)
	}
	return t, nil
}

func (p *Tensor) convert() (*ir.Tensor, error) {
	d, err := dtypeOf(p.DataType)
	if err != nil {
		return nil, err
	}
	if p.Location != 0 {
		return nil, errors.New("its elements are in another file")
	}
	element, have := p.elements(d)
	dims := make([]int, len(p.Dims))
	n := 1
	for i, k := range p.Dims {
		// The elements at hand bound every product but that of an empty tensor.
		if k < 0 || k > math.MaxInt32 || k > 0 && n > math.MaxInt32/int(k) {
			return nil, fmt.Errorf("dims %v", p.Dims)
		}
		dims[i] = int(k)
		n *= int(k)
	}
	if n != have || len(p.Raw) > 0 && len(p.Raw) != n*d.Bytes() {
		return nil, fmt.Errorf("%d elements of %s for the dims %v", have, d, p.Dims)
	}
	t := ir.NewTensor(d, dims...)
	for i := range t.Data {
		t.Data[i] = element(i)
	}
	return t, nil
}

// elements gives access to the elements, wherever they are, and their number.
func (p *Tensor) elements(d ir.DType) (at func(i int) float64, n int) {
	if len(p.Raw) > 0 {
		return p.raw(d), len(p.Raw) / d.Bytes()
	}
	switch d {
	case ir.Float32:
		return func(i int) float64 { return float64(p.Floats[i]) }, len(p.Floats)
	case ir.Float64:
		return func(i int) float64 { return p.Doubles[i] }, len(p.Doubles)
	case ir.Int64:
		return func(i int) float64 { return truncate(p.Longs[i]) }, len(p.Longs)
	case ir.Float16:
		return func(i int) float64 { return float16.unpack(uint16(p.Ints[i])) }, len(p.Ints)
	case ir.BFloat16:
		return func(i int) float64 { return bfloat16.unpack(uint16(p.Ints[i])) }, len(p.Ints)
	case ir.Uint8:
		return func(i int) float64 { return float64(uint8(p.Ints[i])) }, len(p.Ints)
	case ir.Int8:
		return func(i int) float64 { return float64(int8(p.Ints[i])) }, len(p.Ints)
	case ir.Bool:
		return func(i int) float64 { return float64(min(uint64(p.Ints[i]), 1)) }, len(p.Ints)
	}
	return func(i int) float64 { return float64(int32(p.Ints[i])) }, len(p.Ints)
}

func (p *Tensor) raw(d ir.DType) func(i int) float64 {
	le := binary.LittleEndian
	switch d {
	case ir.Float32:
		return func(i int) float64 { return float64(math.Float32frombits(le.Uint32(p.Raw[4*i:]))) }
	case ir.Float64:
		return func(i int) float64 { return math.Float64frombits(le.Uint64(p.Raw[8*i:])) }
	case ir.Int64:
		return func(i int) float64 { return truncate(int64(le.Uint64(p.Raw[8*i:]))) }
	case ir.Int32:
		return func(i int) float64 { return float64(int32(le.Uint32(p.Raw[4*i:]))) }
	case ir.Float16:
		return func(i int) float64 { return float16.unpack(le.Uint16(p.Raw[2*i:])) }
	case ir.BFloat16:
		return func(i int) float64 { return bfloat16.unpack(le.Uint16(p.Raw[2*i:])) }
	case ir.Int8:
		return func(i int) float64 { return float64(int8(p.Raw[i])) }
	case ir.Bool:
		return func(i int) float64 { return float64(min(p.Raw[i], 1)) }
	}
	return func(i int) float64 { return float64(p.Raw[i]) }
}

// truncate is v, or the float64 next to it towards zero: the largest int64, which stands for "to the end" in Slice, must not become 2^63.
func truncate(v int64) float64 {
	x := float64(v)
	if v > 0 && (x >= 1<<63 || int64(x) > v) || v < 0 && int64(x) < v {
		x = math.Nextafter(x, 0)
	}
	return x
}

// half is a 16-bit float format by the number of its mantissa bits.
type half uint

const (
	float16  half = 10
	bfloat16 half = 7
)

// format gives the exponent of the smallest normal number and the bits of infinity.
func (m half) format() (minExp int, inf uint16) {
	exponents := 1 << (15 - m)
	return 2 - exponents/2, uint16(exponents-1) << m
}

// pack rounds to nearest even; what is beyond the largest number becomes infinite.
func (m half) pack(x float64) uint16 {
	minExp, inf := m.format()
	sign := uint16(0)
	if math.Signbit(x) {
		sign = 1 << 15
	}
	switch x = math.Abs(x); {
	case math.IsNaN(x):
		return sign | inf | 1<<(m-1)
	case math.IsInf(x, 0):
		return sign | inf
	case x == 0:
		return sign
	}
	_, e := math.Frexp(x)
	exp := max(e-1, minExp)
	// The number in units of its last place; the implicit bit of a normal number adds one to the exponent.
	units := math.RoundToEven(math.Ldexp(x, int(m)-exp))
	bits := uint64(exp-minExp)<<m + uint64(units)
	return sign | uint16(min(bits, uint64(inf)))
}

func (m half) unpack(h uint16) float64 {
	minExp, inf := m.format()
	x := 0.0
	switch exp, frac := int(h&0x7fff)>>m, int(h)&(1<<m-1); {
	case h&inf == inf && frac != 0:
		x = math.NaN()
	case h&inf == inf:
		x = math.Inf(1)
	case exp == 0:
		x = math.Ldexp(float64(frac), minExp-int(m))
	default:
		x = math.Ldexp(float64(frac+1<<m), minExp+exp-1-int(m))
	}
	if h>>15 == 1 {
		x = math.Copysign(x, -1)
	}
	return x
}
