package onnx_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
)

func emit(t *testing.T, f fixture) (*onnx.Model, []byte) {
	t.Helper()
	b, err := onnx.Emit(f.g, f.options())
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	return m, b
}

func TestEmitIsDeterministic(t *testing.T) {
	_, first := emit(t, step())
	for range 5 {
		if _, b := emit(t, step()); !bytes.Equal(first, b) {
			t.Fatal("Emit of the same graph gives other bytes")
		}
	}
}

func TestFunctions(t *testing.T) {
	m, _ := emit(t, step())
	if m.IRVersion != 10 || m.Opset("") != 18 || m.Opset("ai.onnx") != 18 || m.Opset(ir.Domain) != 1 || m.Opset("other") != 0 {
		t.Errorf("IR version %d, opsets %d, %d", m.IRVersion, m.Opset(""), m.Opset(ir.Domain))
	}
	want := []string{
		"Chain/ [in0 in1 in2] -> [affine affine_2] [] [Constant/ Mul/ Add/ Constant/ Mul/] opsets 1",
		"Affine/1 [in0] -> [mul] [by axes label] [Constant/ Mul/] opsets 1",
		"Affine/2 [in0 in1] -> [add] [by] [Constant/ Mul/ Add/] opsets 1",
	}
	if diff := cmp.Diff(want, functions(m)); diff != "" {
		t.Errorf("functions differ (-want +got):\n%s", diff)
	}
	f := step()
	b, err := onnx.Emit(f.g, onnx.Options{Kernel: func(name string) bool { return name == "Affine" }})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = onnx.ReadModel(b); err != nil {
		t.Fatal(err)
	}
	want = []string{
		"Chain/ [in0 in1 in2] -> [affine affine_2] [] [ai.ssc:Affine/1 ai.ssc:Affine/2] opsets 2",
		"Affine/1 [in0 in1] -> [add] [by] [Constant/ Mul/ Add/] opsets 1",
		"Affine/2 [in0] -> [mul] [by] [Constant/ Mul/] opsets 1",
		"Affine/3 [in0] -> [mul] [by axes label] [Constant/ Mul/] opsets 1",
		"Affine/4 [in0 in1] -> [add] [by] [Constant/ Mul/ Add/] opsets 1",
	}
	if diff := cmp.Diff(want, functions(m)); diff != "" || m.IRVersion != 10 {
		t.Errorf("IR version %d, functions with a kernel for Affine differ (-want +got):\n%s", m.IRVersion, diff)
	}
}

func functions(m *onnx.Model) (list []string) {
	for _, f := range m.Functions {
		var ops []string
		for _, n := range f.Nodes {
			ops = append(ops, strings.TrimPrefix(n.Domain+":"+n.Op+"/"+n.Overload, ":"))
		}
		list = append(list, fmt.Sprintf("%s/%s %v -> %v %v %v opsets %d", f.Name, f.Overload, f.Inputs, f.Outputs, f.Attrs, ops, len(f.Opsets)))
	}
	return list
}

func TestCalls(t *testing.T) {
	m, _ := emit(t, step())
	call := m.Main.Nodes[0]
	if diff := cmp.Diff(&onnx.Node{Inputs: []string{"x", "", "w"}, Outputs: []string{"head/chain/chain", "head/chain/chain_2"},
		Name: "head/chain/chain", Op: "Chain", Doc: "a.hcl:3,5", Domain: "ai.ssc"}, call); diff != "" {
		t.Errorf("call differs (-want +got):\n%s", diff)
	}
	if n := m.Main.Nodes[1]; !slices.Equal(n.Inputs, []string{"head/chain/chain_2"}) {
		t.Errorf("inputs = %q, want the absent one at the end dropped", n.Inputs)
	}
}

// TestOneSpecialisation: a name that needs no overload stays readable for runtimes that know none.
func TestOneSpecialisation(t *testing.T) {
	g := ir.New("g")
	x := g.Input("x", ir.Float32, ir.Named("batch", 2))
	y := ir.Apply1(affine{By: 2}, ir.Apply1(affine{By: 2}, x))
	g.Output(ir.Apply1(affine{By: 2}, op.Identity(y)))
	m, _ := emit(t, fixture{g: g})
	if len(m.Functions) != 1 || m.Functions[0].Overload != "" || m.Main.Nodes[0].Overload != "" || m.IRVersion != 8 {
		t.Errorf("three equal calls give %d functions, overload %q, IR version %d", len(m.Functions), m.Functions[0].Overload, m.IRVersion)
	}
	// A negative zero is another attribute, a symbolic axis another type.
	g.Output(ir.Apply1(affine{By: 0}, x))
	g.Output(ir.Apply1(affine{By: math.Copysign(0, -1)}, x))
	g.Output(ir.Apply1(affine{By: 2}, g.Input("s", ir.Float32, ir.Shape{{Name: "batch", Size: -1}})))
	if m, _ = emit(t, fixture{g: g}); len(m.Functions) != 4 {
		t.Errorf("four kinds of call give %d functions", len(m.Functions))
	}
}

func TestMainGraph(t *testing.T) {
	m, b := emit(t, extract())
	if len(b) > 2000 {
		t.Errorf("the model takes %d bytes; it holds no weights", len(b))
	}
	want := &onnx.ValueInfo{Name: "image", Type: &onnx.Type{Tensor: &onnx.TensorType{Elem: 1, Shape: &onnx.Shape{Dims: []*onnx.Dim{
		{Param: "batch"}, {Value: 1, Known: true}, {Value: 4, Known: true}, {Value: 3, Known: true}}}}}}
	if diff := cmp.Diff([]*onnx.ValueInfo{want}, m.Main.Inputs); diff != "" {
		t.Errorf("inputs differ (-want +got):\n%s", diff)
	}
	weight := &onnx.Tensor{Name: "conv.weight", Dims: []int64{2, 1, 3, 3}, DataType: 1, Location: 1,
		External: []*onnx.Entry{{Key: "location", Value: "weights.safetensors"}}}
	if diff := cmp.Diff(weight, m.Main.Initializers[0]); diff != "" {
		t.Errorf("external initializer differs (-want +got):\n%s", diff)
	}
	var names []string
	for _, v := range m.Main.Values {
		names = append(names, v.Name)
	}
	if want := []string{"conv", "relu", "globalaveragepool", "flatten", "matmul"}; !slices.Equal(names, want) {
		t.Errorf("value_info = %v, want %v", names, want)
	}
}

func TestEmitErrors(t *testing.T) {
	bad := ir.New("bad")
	op.Add(bad.Input("x", ir.Float32, ir.Dims(2)), bad.Input("y", ir.Float32, ir.Dims(3)))
	if _, err := onnx.Emit(bad, onnx.Options{}); err == nil || !strings.Contains(err.Error(), "do not broadcast") {
		t.Errorf("Emit of a graph with a diagnostic = %v", err)
	}
	g := ir.New("g")
	g.Input("w", ir.Float32, ir.Shape{{Name: "n", Size: -1}})
	_, err := onnx.Emit(g, onnx.Options{External: func(string) bool { return true }})
	if want := "emitting graph g: the external initializer %w: f32[n] has no static shape"; err == nil || err.Error() != want {
		t.Errorf("Emit = %v, want %s", err, want)
	}
}

// TestReadBack: the graph of the emitted model is sound and gives the same model again.
func TestReadBack(t *testing.T) {
	for _, f := range []fixture{step(), extract()} {
		o := f.options()
		o.Ranges = false // a graph read from a model has no source
		want, err := onnx.Emit(f.g, o)
		if err != nil {
			t.Fatal(err)
		}
		m, err := onnx.ReadModel(want)
		if err != nil {
			t.Fatal(err)
		}
		g, err := m.Graph(importer)
		if err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(g); err != nil {
			t.Error(err)
		}
		if got, err := onnx.Emit(g, o); err != nil || !bytes.Equal(want, got) {
			t.Errorf("emitting the graph read from %s gives other bytes (%v):\n%s", f.name, err, g)
		}
	}
}

// TestSamples emits every operator and function on its samples and reads it back: the same bytes come out.
func TestSamples(t *testing.T) {
	var names []string
	names = append(names, op.Names()...)
	for _, n := range fn.Names() {
		names = append(names, ir.Domain+"."+n)
	}
	for _, name := range names {
		o, _ := fn.Any(name)
		for _, s := range o.Doc().Samples {
			f := fixture{g: sample(s)}
			m, b := emit(t, f)
			g, err := m.Graph(importer)
			if err != nil {
				t.Errorf("%s %s: Graph = %v", name, s.Label, err)
				continue
			}
			if _, again := emit(t, fixture{g: g}); !bytes.Equal(b, again) {
				t.Errorf("%s %s: emitting the read model gives other bytes:\n%s\nfor\n%s", name, s.Label, g, f.g)
			}
		}
	}
}

// sample is a graph of the one node.
func sample(s ir.Sample) *ir.Graph {
	g := ir.New(s.Label)
	in := make([]*ir.Value, len(s.In))
	for i, a := range s.In {
		switch {
		case a.Value != nil:
			in[i] = op.Const(g, a.Value)
		case a.Dims != nil:
			in[i] = g.Input(fmt.Sprintf("x%d", i), max(a.DType, ir.Float32), ir.Dims(a.Dims...))
		}
	}
	g.Outputs = g.Apply(s.Op, in...)
	return g
}

// TestManual: the example of the manual is text that the printer gives back, and the model made of it reads back.
func TestManual(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "spec", "ir.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(manual), "    graph step {")
	text, _, ok := strings.Cut(text, "\n    }\n")
	if !ok {
		t.Fatal("spec/ir.md has no example that begins with graph step {")
	}
	text = strings.ReplaceAll("    graph step {"+text+"\n    }\n", "\n    ", "\n")[4:]
	g, err := ir.Parse(text, "ir.md", lookup)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, g.String()); diff != "" {
		t.Errorf("the example prints otherwise (-manual +printed):\n%s", diff)
	}
	m, _ := emit(t, fixture{g: g})
	if _, err := m.Graph(importer); err != nil {
		t.Error(err)
	}
}
