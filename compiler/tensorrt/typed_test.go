package tensorrt

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// block is a convolution with batch norm, ReLU, a largest value, a mean, a linear layer and a softmax, then the last linear layer.
func block(weight float64) *ir.Graph {
	g := ir.New("extract")
	x := g.Input("images", ir.Float32, ir.Shape{{Name: "batch", Size: -1}, {Size: 1}, {Size: 4}, {Size: 4}})
	fill := func(v float64, dims ...int) *ir.Value {
		t := ir.NewTensor(ir.Float32, dims...)
		for i := range t.Data {
			t.Data[i] = v * (1 + float64(i)/8)
		}
		return op.Const(g, t)
	}
	y := op.Conv(x, fill(weight, 2, 1, 3, 3), nil, op.ConvOptions{Pads: []int{1, 1, 1, 1}})
	y = op.Relu(op.BatchNormalization(y, fill(0.5, 2), fill(0.1, 2), fill(0.2, 2), fill(2, 2), 1e-5))
	y = op.MaxPool(y, op.PoolOptions{KernelShape: []int{2, 2}, Strides: []int{2, 2}})
	y = op.Reshape(op.GlobalAveragePool(y), ir.Shape{y.Shape[0], {Size: 2}})
	y = op.Softmax(op.Gemm(y, fill(0.3, 2, 3), fill(0.1, 3), op.GemmOptions{Alpha: 1, Beta: 1}), 1)
	y = op.Add(op.MatMul(y, fill(0.7, 3, 2)), fill(1, 2))
	g.Rename(y, "features")
	g.Output(y)
	return g
}

// types lists the nodes of a graph with the type that they compute in, constants apart.
func computed(g *ir.Graph) string {
	var out []string
	for _, n := range g.Nodes {
		if n.Out[0].Const() == nil {
			out = append(out, n.Op.Name()+":"+n.Out[0].DType.String())
		}
	}
	return strings.Join(out, " ")
}

func cleaned(t *testing.T, g *ir.Graph) *ir.Graph {
	t.Helper()
	g, err := clean(foldBatchNorm(g))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestPlacement: products and what stands among them are narrow, means, softmax, the last projection and the output are not.
func TestPlacement(t *testing.T) {
	g, err := Typed(cleaned(t, block(1)), ir.Float16)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	want := "Cast:f16 Conv:f16 Relu:f16 MaxPool:f16 Cast:f32 GlobalAveragePool:f32 Reshape:f32 Cast:f16 Gemm:f16 Cast:f32 Softmax:f32 MatMul:f32 Add:f32"
	if got := computed(g); got != want {
		t.Errorf("the graph is\n%s, want\n%s", got, want)
	}
	if out := g.Outputs[0]; out.Name != "features" || out.DType != ir.Float32 {
		t.Errorf("the output is %s", out)
	}
}

// TestTooLarge: a weight beyond the range of float16 keeps its convolution in float32; bfloat16 has it.
func TestTooLarge(t *testing.T) {
	for _, c := range []struct {
		to   ir.DType
		want string
	}{{ir.Float16, "Conv:f32"}, {ir.BFloat16, "Conv:bf16"}} {
		g, err := Typed(cleaned(t, block(1e6)), c.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Fields(computed(g)); !slices.Contains(got, c.want) {
			t.Errorf("%s: the graph is %v, want %s in it", c.to, got, c.want)
		}
	}
}

// TestFoldBatchNorm compares the folded graph with the evaluator's batch norm, and leaves a convolution alone that is read twice.
func TestFoldBatchNorm(t *testing.T) {
	x := ir.NewTensor(ir.Float32, 3, 1, 4, 4)
	for i := range x.Data {
		x.Data[i] = math.Sin(float64(i))
	}
	feeds := map[string]*ir.Tensor{"images": x}
	g := block(1)
	want, err := g.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	f := cleaned(t, g)
	if strings.Contains(computed(f), "BatchNormalization") {
		t.Errorf("a batch norm is left: %s", computed(f))
	}
	got, err := f.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want[0].Data {
		if e := math.Abs(got[0].Data[i] - w); e > 1e-6 {
			t.Errorf("feature %d: %g, want %g", i, got[0].Data[i], w)
		}
	}
	g = block(1)
	g.Output(g.Nodes[slices.IndexFunc(g.Nodes, func(n *ir.Node) bool { return n.Op.Name() == "Conv" })].Out[0])
	if !strings.Contains(computed(foldBatchNorm(g)), "BatchNormalization") {
		t.Error("a convolution that is an output has lost its own filters")
	}
}

// TestEmulated: the emulation of a narrow graph rounds where that does.
func TestEmulated(t *testing.T) {
	g, err := Typed(cleaned(t, block(1)), ir.BFloat16)
	if err != nil {
		t.Fatal(err)
	}
	e := Emulated(g)
	if err := ir.Verify(e); err != nil {
		t.Fatal(err)
	}
	for _, n := range e.Nodes {
		if n.Op.Name() != "Cast" && n.Out[0].DType != ir.Float32 && n.Out[0].DType != ir.Int64 {
			t.Errorf("%s by %s is not float32", n.Out[0], n.Op.Name())
		}
	}
}

// TestCheck: what TensorRT's parser refuses is refused at the block, a graph that it takes is not.
func TestCheck(t *testing.T) {
	at := hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 7, Column: 3}, End: hcl.Pos{Line: 7, Column: 9}}
	for _, c := range []struct {
		build func(x *ir.Value) *ir.Value
		want  string // of the detail; empty: nothing is refused
	}{
		{func(x *ir.Value) *ir.Value { return op.Relu(x) }, ""},
		{func(x *ir.Value) *ir.Value { return op.ReduceMean(x, true, 1) }, ""},
		{func(x *ir.Value) *ir.Value { return op.Cast(x, ir.Float64) }, "whose result is f64"},
		{func(x *ir.Value) *ir.Value { return op.Cast(x, ir.Uint8) }, "whose result is u8"},
		{func(x *ir.Value) *ir.Value {
			v, _ := op.TopK(op.Reshape(x, ir.Dims(8192)), 4000, op.TopKOptions{Largest: true, Sorted: true})
			return v
		}, "k is 4000, not below 3840"},
	} {
		g := ir.New("extract")
		x := g.Input("images", ir.Float32, ir.Dims(2, 4096))
		done := g.At(at)
		g.Output(c.build(x))
		done()
		diags := Check(g)
		switch {
		case c.want == "" && diags.HasErrors():
			t.Errorf("%v, want none", diags)
		case c.want != "" && (len(diags) != 1 || !strings.Contains(diags[0].Detail, c.want) || diags[0].Subject == nil || *diags[0].Subject != at):
			t.Errorf("diagnostics %v, want one with %q at line 7", fmt.Sprint(diags), c.want)
		}
	}
}

// TestNames: a narrow value has the name of what it stands for, so that a builder's message finds its line.
func TestNames(t *testing.T) {
	g := cleaned(t, block(1))
	typed, err := Typed(g, ir.Float16)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, n := range g.Nodes {
		named[n.Out[0].Name] = n.Op.Name()
	}
	for _, n := range typed.Nodes {
		if name := n.Op.Name(); products[name] && named[n.Out[0].Name] != name {
			t.Errorf("the %s is called %s, the name of a %q", name, n.Out[0].Name, named[n.Out[0].Name])
		}
	}
	n := &ir.Node{}
	for _, n = range typed.Nodes {
		if n.Op.Name() == "Conv" {
			break
		}
	}
	n.Range = hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 7, Column: 3}}
	model, err := Emit(typed, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]string{
		"In node 3 with name: " + n.Out[0].Name + " and operator: Conv": "[" + n.Out[0].Name + "] [a.hcl:7,3]",
		"{ForeignNode[" + n.Out[0].Name + "]}":                          "[" + n.Out[0].Name + "] [a.hcl:7,3]",
		"In node x" + n.Out[0].Name + "y":                               "[] []",
		"out of memory":                                                 "[] []",
	} {
		names, places, err := Blame(model, message)
		if got := fmt.Sprint(names, places); err != nil || strings.TrimSpace(strings.ReplaceAll(got, "] [", "] [")) != want {
			t.Errorf("Blame(%q) = %s, %v, want %s", message, got, err, want)
		}
	}
}

// TestWrap: an engine in a model for ONNX Runtime comes out again; one that is not the whole network names what is outside.
func TestWrap(t *testing.T) {
	model, err := Wrap([]byte("ENGINE"), "images", []int{-1, 3, 8, 8}, "features", []int{-1, 16})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Unwrap(model); err != nil || string(got) != "ENGINE" {
		t.Errorf("Unwrap = %q, %v", got, err)
	}
	plain, err := Emit(cleaned(t, block(1)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unwrap(plain); err == nil || !strings.Contains(err.Error(), "TensorRT did not take 9 of the nodes: ") {
		t.Errorf("a model without an engine: %v", err)
	}
}
