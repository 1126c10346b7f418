package onnx_test

import (
	"slices"
	"testing"

	onnxgo "github.com/owulveryck/onnx-go"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
	"gorgonia.org/tensor"

	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
)

// decoded is a back end of onnx-go that keeps what the decoder tells it.
type decoded struct {
	*simple.WeightedDirectedGraph
	ops []onnxgo.Operation
}

func (d *decoded) ApplyOperation(o onnxgo.Operation, _ ...graph.Node) error {
	d.ops = append(d.ops, o)
	return nil
}

// NewNode gives nodes that carry tensors, so that the decoder converts initializers and the types of values.
func (d *decoded) NewNode() graph.Node {
	return &carrier{Node: d.WeightedDirectedGraph.NewNode()}
}

type carrier struct {
	graph.Node
	t tensor.Tensor
}

func (c *carrier) SetTensor(t tensor.Tensor) error { c.t = t; return nil }
func (c *carrier) GetTensor() tensor.Tensor        { return c.t }

// TestIndependentReader decodes a graph of standard operators with onnx-go, which has a protobuf schema and a reader of its own.
func TestIndependentReader(t *testing.T) {
	g := ir.New("net")
	x := g.Input("x", ir.Float32, ir.Dims(2, 3))
	w := op.Const(g, floats([]int{3, 2}, 1, -2, 3, 0.5, 0.25, -1))
	g.Rename(w, "fc.weight")
	y := op.LeakyRelu(op.MatMul(x, w), 0.1)
	y = op.Softmax(op.Transpose(y, 1, 0), 0)
	y = op.Reshape(y, ir.Dims(4))
	g.Rename(y, "y")
	g.Output(y)
	b, err := onnx.Emit(g, onnx.Options{Producer: "ssc", Ranges: true})
	if err != nil {
		t.Fatal(err)
	}
	back := &decoded{WeightedDirectedGraph: simple.NewWeightedDirectedGraph(-1, -1)}
	m := onnxgo.NewModel(back)
	if err := m.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range back.ops {
		names = append(names, o.Name)
	}
	if want := []string{"MatMul", "LeakyRelu", "Transpose", "Softmax", "Reshape"}; !slices.Equal(names, want) {
		t.Errorf("operators = %v, want %v", names, want)
	}
	if got := back.ops[1].Attributes["alpha"]; got != float32(0.1) {
		t.Errorf("alpha = %v (%T), want 0.1", got, got)
	}
	if got, ok := back.ops[2].Attributes["perm"].([]int64); !ok || !slices.Equal(got, []int64{1, 0}) {
		t.Errorf("perm = %v, want [1 0]", back.ops[2].Attributes["perm"])
	}
	if len(m.Input) != 1 || len(m.Output) != 1 {
		t.Errorf("%d inputs and %d outputs, want one each", len(m.Input), len(m.Output))
	}
	node, ok := m.GetNodeByName("fc.weight")
	if !ok {
		t.Fatal("there is no fc.weight")
	}
	got := node.(*carrier).t
	if data, ok := got.Data().([]float32); !ok || !slices.Equal(data, []float32{1, -2, 3, 0.5, 0.25, -1}) || !got.Shape().Eq(tensor.Shape{3, 2}) {
		t.Errorf("fc.weight = %v of shape %v", got.Data(), got.Shape())
	}
	if input := m.GetInputTensors()[0]; !input.Shape().Eq(tensor.Shape{2, 3}) || input.Dtype() != tensor.Float32 {
		t.Errorf("x is %v%v, want float32[2 3]", input.Dtype(), input.Shape())
	}
}
