package onnx

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/ir"
)

// TestHalf: unpack and pack are inverse on every 16-bit pattern but NaN's payloads.
func TestHalf(t *testing.T) {
	for _, f := range []half{float16, bfloat16} {
		for i := range 1 << 16 {
			h := uint16(i)
			x := f.unpack(h)
			if got := f.pack(x); got != h && !math.IsNaN(x) {
				t.Fatalf("pack(unpack(%#x)) = %#x, via %g", h, got, x)
			}
			if math.IsNaN(x) && !math.IsNaN(f.unpack(f.pack(x))) {
				t.Fatalf("%#x: NaN is lost", h)
			}
		}
	}
}

// TestHalfRounding: ties go to even, also among subnormal numbers; values are IEEE 754's.
func TestHalfRounding(t *testing.T) {
	tests := []struct {
		f    half
		x    float64
		want uint16
	}{
		{float16, 1, 0x3c00}, {float16, -2, 0xc000}, {float16, 65504, 0x7bff}, {float16, 65519, 0x7bff}, {float16, 65520, 0x7c00},
		{float16, 0x1p-14, 0x0400}, {float16, 0x1p-24, 1}, {float16, 0x1p-25, 0}, {float16, 0x1.8p-24, 2}, {float16, 0x1.000001p-25, 1},
		{float16, 1 + 0x1p-11, 0x3c00}, {float16, 1 + 0x3p-11, 0x3c02}, {float16, 1 + 0x1p-11 + 0x1p-40, 0x3c01}, {float16, 0x1.ffcp-15 + 0x1p-25, 0x0400},
		{float16, math.Inf(-1), 0xfc00}, {float16, math.Copysign(0, -1), 0x8000}, {float16, 1e300, 0x7c00}, {float16, 5e-324, 0},
		{bfloat16, 1, 0x3f80}, {bfloat16, -0.15625, 0xbe20}, {bfloat16, math.MaxFloat32, 0x7f80}, {bfloat16, 0x1p-133, 1}, {bfloat16, 1 + 0x1p-8, 0x3f80},
	}
	for _, tt := range tests {
		if got := tt.f.pack(tt.x); got != tt.want {
			t.Errorf("pack%d(%g) = %#x, want %#x", tt.f, tt.x, got, tt.want)
		}
	}
	// Oracle for bfloat16: the upper half of a float32, rounded by adding.
	r := rand.New(rand.NewPCG(1, 2))
	for range 100000 {
		bits := r.Uint32()
		x := math.Float32frombits(bits)
		if x != x {
			continue
		}
		if got, want := bfloat16.pack(float64(x)), uint16((bits+0x7fff+bits>>16&1)>>16); got != want {
			t.Fatalf("bfloat16(%g) = %#x, want %#x", x, got, want)
		}
	}
}

func TestTensorRoundTrip(t *testing.T) {
	for _, want := range []*ir.Tensor{
		ir.Floats(ir.Float32, []int{3}, math.Inf(1), -0.5, 0x1p-149),
		ir.Floats(ir.Float64, []int{2}, 1/3.0, math.MaxFloat64),
		ir.Floats(ir.BFloat16, []int{1, 2}, 0x1p-133, -1),
		ir.Floats(ir.Float16, []int{2}, 65504, 0x1p-24),
		ir.Floats(ir.Int64, []int{2}, -1<<63, 1<<53),
		ir.Floats(ir.Int32, []int{2}, -1<<31, 1<<31-1),
		ir.Floats(ir.Uint8, []int{2}, 0, 255),
		ir.Floats(ir.Bool, []int{2}, 0, 1),
		ir.ScalarTensor(ir.Float32, 2),
		ir.NewTensor(ir.Float32, 3, 0),
	} {
		got, err := ReadTensor(marshal(tensorProto("t", want)))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ReadTensor(%s) = %v, differs (-want +got):\n%s", want.Type(), err, diff)
		}
	}
	clamped := tensorProto("", ir.Floats(ir.Int32, []int{3}, 1e300, -1e300, math.NaN()))
	if want := []byte{0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0x80, 0, 0, 0, 0}; !bytes.Equal(clamped.Raw, want) {
		t.Errorf("i32 of ±1e300 and NaN = %x, want %x", clamped.Raw, want)
	}
}

func TestDecimal(t *testing.T) {
	for _, x := range []float64{0.1, 1e-5, 0.9, 3, -0.05, 1e30, math.Inf(1)} {
		if got := decimal(float32(x)); got != x {
			t.Errorf("decimal(float32(%g)) = %g", x, got)
		}
	}
	if !math.IsNaN(decimal(float32(math.NaN()))) {
		t.Error("decimal(NaN) is a number")
	}
}

// TestWire: unknown fields and groups are skipped, packed and unpacked lists read alike, a message that comes twice is merged.
func TestWire(t *testing.T) {
	b := []byte{
		1 << 3, 2, 1 << 3, 3, // dims, unpacked
		1<<3 | 2, 2, 4, 5, // dims, packed
		100<<1&0x7f | 0x80, 6, 9, // field 100, unknown
		15<<3 | 3, 1 << 3, 1, 15<<3 | 4, // a group
		2 << 3, 1,
	}
	var p Tensor
	if err := unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Tensor{Dims: []int64{2, 3, 4, 5}, DataType: 1}, p); diff != "" {
		t.Errorf("unmarshal differs (-want +got):\n%s", diff)
	}
	var m Model
	if err := unmarshal([]byte{7<<3 | 2, 3, 2<<3 | 2, 1, 'g', 7<<3 | 2, 3, 10<<3 | 2, 1, 'd'}, &m); err != nil || m.Main.Name != "g" || m.Main.Doc != "d" {
		t.Errorf("a graph in two pieces = %+v, %v", m.Main, err)
	}
	zero := &Graph{Nodes: []*Node{{Inputs: []string{"", "x"}, Attrs: []*Attribute{{Type: AttrInt}, {Type: AttrFloat}, {Type: AttrInts}}}},
		Inputs: []*ValueInfo{{Type: &Type{Tensor: &TensorType{Shape: &Shape{Dims: []*Dim{{Known: true}, {}}}}}}, {Type: &Type{Tensor: &TensorType{Shape: &Shape{}}}}}}
	var back Graph
	if err := unmarshal(marshal(zero), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(zero, &back); diff != "" {
		t.Errorf("zeros do not survive (-want +got):\n%s", diff)
	}
}
