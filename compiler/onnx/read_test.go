package onnx_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReadForeign reads what the reference implementation of ONNX wrote (foreign.py).
func TestReadForeign(t *testing.T) {
	m, err := onnx.ReadModel(read(t, "foreign.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	im := importer
	im.Values = map[string]*ir.Tensor{"axes": ir.Ints(1)}
	g, err := m.Graph(im)
	if err != nil {
		t.Fatal(err)
	}
	want := `graph foreign {
  in %constant: f32[n, constant.1, 4]
  %axes: i64[1] = Constant() {value=i64[1](1)}
  %w: f32[4] = Constant() {value=f32[4](0.5, -1, +Inf, 1.401298464324817e-45)}
  %f64: f64[2] = Constant() {value=f64[2](0.3333333333333333, -0)}
  %f16: f16[3] = Constant() {value=f16[3](1, -2.5, 65504)}
  %bf16: bf16[2] = Constant() {value=bf16[2](1, -0.15625)}
  %i64: i64[3] = Constant() {value=i64[3](1, -1, 9.223372036854775e+18)}
  %i32: i32[2] = Constant() {value=i32[2](-2147483648, 7)}
  %u8: u8[2] = Constant() {value=u8[2](0, 255)}
  %bool: bool[2, 1] = Constant() {value=bool[2, 1](1, 0)}
  %empty: f32[0, 3] = Constant() {value=f32[0, 3]()}
  %raw: i32[2, 2] = Constant() {value=i32[2, 2](1, 2, 3, 4)}
  %ints: i64[2] = Constant() {value=i64[2](3, -4)}
  %float: f32[] = Constant() {value=f32[](0.25)}
`
	text := g.String()
	if !strings.HasPrefix(text, want) {
		t.Errorf("graph differs (-want +got):\n%s", cmp.Diff(want, text))
	}
	for _, s := range []string{"%sum: f32[n, 4] = ReduceSum(%scaled, %axes)", "%cast: f64[n, 4] = Cast(%sum) {to=f64}", "Elu(%sum) {alpha=0.1}",
		"%pooled: f32[n, 1, 3]", "out %cast, %elu, %pooled"} {
		if !strings.Contains(text, s) {
			t.Errorf("graph lacks %q:\n%s", s, text)
		}
	}
	if err := ir.Verify(g); err != nil {
		t.Error(err)
	}
	if got := g.Nodes[5].Out[0].Const().Int()[2]; got < math.MaxInt64-1024 {
		t.Errorf("the largest int64 becomes %d", got)
	}
}

func TestReadTensor(t *testing.T) {
	got, err := onnx.ReadTensor(read(t, "tensor.pb"))
	want := ir.Floats(ir.Float32, []int{1, 2}, 1.5, math.NaN())
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); err != nil || diff != "" {
		t.Errorf("ReadTensor = %v, differs (-want +got):\n%s", err, diff)
	}
	huge := []int64{math.MaxInt64, math.MaxInt64}
	tests := []struct {
		p    onnx.Tensor
		want string
	}{
		{onnx.Tensor{Name: "a", DataType: 1, Dims: []int64{2}, Floats: []float32{1}}, `tensor "a": 1 elements of f32 for the dims [2]`},
		{onnx.Tensor{Name: "a", DataType: 1, Dims: []int64{2}, Raw: make([]byte, 7)}, `tensor "a": 1 elements of f32 for the dims [2]`},
		{onnx.Tensor{Name: "a", DataType: 1, Dims: []int64{1}, Raw: make([]byte, 7)}, `tensor "a": 1 elements of f32 for the dims [1]`},
		{onnx.Tensor{Name: "a", DataType: 1, Dims: []int64{-1}}, `tensor "a": dims [-1]`},
		{onnx.Tensor{Name: "a", DataType: 1, Dims: huge}, `tensor "a": dims [9223372036854775807 9223372036854775807]`},
		{onnx.Tensor{Name: "a", DataType: 1, Dims: []int64{1 << 20, 1 << 20}}, `tensor "a": dims [1048576 1048576]`},
		{onnx.Tensor{Name: "a", DataType: 7, Dims: []int64{1}, Ints: []int64{1}}, `tensor "a": 0 elements of i64 for the dims [1]`},
		{onnx.Tensor{Name: "a", DataType: 8}, `tensor "a": data type 8: an element type that ssc does not know`},
		{onnx.Tensor{Name: "a", DataType: 1, Location: 1}, `tensor "a": its elements are in another file`},
	}
	for _, tt := range tests {
		if _, err := tt.p.Tensor(); err == nil || err.Error() != tt.want {
			t.Errorf("Tensor(%+v) = %v, want %s", tt.p, err, tt.want)
		}
	}
	if _, err := (&onnx.Tensor{DataType: 14}).Tensor(); !errors.Is(err, onnx.ErrElementType) {
		t.Errorf("complex64: %v, want ErrElementType", err)
	}
}

func TestReadErrors(t *testing.T) {
	step := read(t, "step.onnx")
	tests := []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "reading a model: it has no graph"},
		{"truncated", step[:len(step)-1], "reading a model: reading field 25: unexpected EOF"},
		{"text", []byte("not a model"), "reading a model: "},
		{"wrong wire type", []byte{8 << 3, 1}, "reading a model: field 8: encoded as another type than the schema has"},
		{"nested", nested(200), "messages nested more than 64 deep"},
	}
	for _, tt := range tests {
		if _, err := onnx.ReadModel(tt.b); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: ReadModel = %v, want %s", tt.name, err, tt.want)
		}
	}
}

// nested is a model whose graph has a node with a graph attribute, and so on.
func nested(depth int) []byte {
	var b []byte
	for i := range depth {
		tag := []byte{1<<3 | 2, 5<<3 | 2, 6<<3 | 2}[(depth-1-i)%3] // graph.node, node.attribute, attribute.g, …
		n := len(b)
		b = append([]byte{tag, byte(n&0x7f | 0x80), byte(n >> 7)}, b...)
	}
	return append([]byte{7<<3 | 2, byte(len(b)&0x7f | 0x80), byte(len(b) >> 7)}, b...)
}

func TestGraphErrors(t *testing.T) {
	x := &onnx.ValueInfo{Name: "x", Type: &onnx.Type{Tensor: &onnx.TensorType{Elem: 1, Shape: &onnx.Shape{Dims: []*onnx.Dim{{Value: 2, Known: true}}}}}}
	node := func(op string, in []string, out ...string) *onnx.Node {
		return &onnx.Node{Op: op, Inputs: in, Outputs: out}
	}
	tests := []struct {
		g    onnx.Graph
		want string
	}{
		{onnx.Graph{Inputs: []*onnx.ValueInfo{{Name: "x"}}}, `input "x": not a tensor`},
		{onnx.Graph{Inputs: []*onnx.ValueInfo{{Name: "x", Type: &onnx.Type{Tensor: &onnx.TensorType{Elem: 1}}}}}, `input "x": its rank is unknown`},
		{onnx.Graph{Inputs: []*onnx.ValueInfo{x, x}}, `input "x": the name is empty or taken`},
		{onnx.Graph{Outputs: []*onnx.ValueInfo{x}}, `output "x" is not defined`},
		{onnx.Graph{Nodes: []*onnx.Node{node("Relu", []string{"x"}, "y")}}, `node 0, "" (Relu): input "x" is not defined`},
		{onnx.Graph{Nodes: []*onnx.Node{node("LSTM", nil, "y")}}, `node 0, "" (LSTM): unknown operator "LSTM"`},
		{onnx.Graph{Nodes: []*onnx.Node{{Op: "X", Domain: "com.other"}}}, `node 0, "" (X): unknown operator "com.other.X"`},
		{onnx.Graph{Inputs: []*onnx.ValueInfo{x}, Nodes: []*onnx.Node{node("Relu", []string{"x"}, "x")}}, `node 0, "" (Relu): output "x" is defined twice`},
		{onnx.Graph{Inputs: []*onnx.ValueInfo{x}, Nodes: []*onnx.Node{node("Relu", []string{"x"}, "y", "z")}}, `node 0, "" (Relu): Relu has 1 outputs, not 2`},
		{onnx.Graph{Nodes: []*onnx.Node{node("Constant", nil, "y")}}, `node 0, "" (Constant): no value that ssc knows`},
		{onnx.Graph{Nodes: []*onnx.Node{{Op: "Relu", Attrs: []*onnx.Attribute{{Name: "a", Type: onnx.AttrInt}}}}}, `node 0, "" (Relu): Relu has no attribute "a"`},
		{onnx.Graph{Nodes: []*onnx.Node{{Op: "Relu", Attrs: []*onnx.Attribute{{Name: "a", Type: onnx.AttrGraph}}}}}, `node 0, "" (Relu): attribute "a": attribute type 5`},
		{onnx.Graph{Nodes: []*onnx.Node{{Op: "Relu", Attrs: []*onnx.Attribute{{Name: "a", Ref: "b"}}}}}, `node 0, "" (Relu): attribute "a": a reference outside of a function`},
	}
	for _, tt := range tests {
		m := onnx.Model{Main: &tt.g}
		if _, err := m.Graph(importer); err == nil || err.Error() != `model "": `+tt.want {
			t.Errorf("Graph = %v, want %s", err, tt.want)
		}
	}
}

func FuzzReadModel(f *testing.F) {
	for _, name := range []string{"step.onnx", "extract.onnx", "foreign.onnx", "tensor.pb"} {
		f.Add(read(f, name))
	}
	f.Add(nested(30))
	im := onnx.Importer{Lookup: lookup, Const: op.Const}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = onnx.ReadTensor(b)
		m, err := onnx.ReadModel(b)
		if err != nil {
			return
		}
		g, err := m.Graph(im)
		if err != nil {
			return
		}
		if err := ir.Verify(g); err != nil {
			t.Fatalf("Verify(Graph()) = %v, for\n%s", err, g)
		}
	})
}
