package op_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
	"ssc/setup/cache"
)

// later is what operators learned after opset 18: an attribute, or a value of one. A test that uses it is of another operator.
var later = []struct{ op, attribute, value string }{
	{"AveragePool", "dilations", ""},
	{"Cast", "saturate", ""},
	{"DequantizeLinear", "block_size", ""},
	{"QuantizeLinear", "block_size", ""},
	{"Pad", "mode", "wrap"},
	{"Resize", "coordinate_transformation_mode", "half_pixel_symmetric"},
}

// earlier is what operators were before the named opset.
var earlier = []struct {
	op    string // or a prefix that a family shares
	opset int
	what  string
}{
	{"Split", 18, "equal pieces needed no num_outputs"},
	{"ReduceM", 18, "axes were an attribute"},
}

// elementTypes are the numbers, in a TensorProto, of the element types that ssc has.
var elementTypes = map[int]bool{1: true, 2: true, 3: true, 6: true, 7: true, 9: true, 10: true, 11: true, 16: true}

// nodeExceptions are tests that are left out, and why. The list is strict: one that passes must go.
var nodeExceptions = map[string]string{
	"test_reduce_max_bool_inputs": "of truth values since opset 20",
	"test_reduce_min_bool_inputs": "of truth values since opset 20",
}

// TestONNXNodes runs ONNX's own node tests, read as data: every model whose operators are all known. Its inputs become constants, so that shape
// rules see axes and shapes; the shape rule, the evaluator and the expected output must agree.
func TestONNXNodes(t *testing.T) {
	root := cache.NodeTests()
	dirs, err := filepath.Glob(filepath.Join(root, "test_*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no ONNX node tests in %s", root)
		}
		t.Skipf("no ONNX node tests in %s; make deps fetches them", root)
	}
	ran, met := map[string]int{}, map[string]bool{}
	skipped := map[string]int{}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		m, err := readModel(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if why := notOurs(m); why != "" {
			skipped[why]++
			continue
		}
		reason, excepted := nodeExceptions[name]
		met[name] = excepted
		switch err := runNodeTest(dir, m); {
		case excepted && err == nil:
			t.Errorf("%s is an exception (%s), but passes", name, reason)
		case !excepted && err != nil:
			t.Errorf("%s: %v", name, err)
		}
		for _, n := range m.Main.Nodes {
			ran[n.Op]++
		}
	}
	for name := range nodeExceptions {
		if !met[name] {
			t.Errorf("the exception %s names no test", name)
		}
	}
	reportNodes(t, ran, skipped)
}

// reportNodes prints what was left out, and which operators no test reached.
func reportNodes(t *testing.T, ran, skipped map[string]int) {
	var whys []string
	for why, n := range skipped {
		whys = append(whys, fmt.Sprintf("%5d left out: %s", n, why))
	}
	sort.Strings(whys)
	t.Log("\n" + strings.Join(whys, "\n"))
	for _, name := range op.Names() {
		if ran[name] == 0 {
			t.Logf("no test reaches %s", name)
		}
	}
}

func readModel(dir string) (*onnx.Model, error) {
	b, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return nil, err
	}
	return onnx.ReadModel(b)
}

// notOurs says why a model is not a test of the operators of this package at opset 18, or nothing.
func notOurs(m *onnx.Model) string {
	for _, v := range append(slices.Clone(m.Main.Inputs), m.Main.Outputs...) {
		if v.Type.Tensor == nil || !elementTypes[int(v.Type.Tensor.Elem)] {
			return "an element type that ssc does not have"
		}
	}
	for _, n := range m.Main.Nodes {
		if _, ok := op.Lookup(n.Op); !ok || n.Domain != "" && n.Domain != "ai.onnx" {
			return "an operator that ssc does not have"
		}
		for _, e := range earlier {
			if strings.HasPrefix(n.Op, e.op) && m.Opset("") < e.opset {
				return fmt.Sprintf("%s before opset %d: %s", n.Op, e.opset, e.what)
			}
		}
		for _, a := range n.Attrs {
			for _, l := range later {
				if n.Op == l.op && a.Name == l.attribute && (l.value == "" || l.value == string(a.String)) {
					return fmt.Sprintf("%s with %s %s, which opset 18 does not have", n.Op, l.attribute, l.value)
				}
			}
		}
	}
	return ""
}

// runNodeTest runs all data sets of a test.
func runNodeTest(dir string, m *onnx.Model) error {
	sets, err := filepath.Glob(filepath.Join(dir, "test_data_set_*"))
	if err != nil || len(sets) == 0 {
		return fmt.Errorf("no data sets (%v)", err)
	}
	for _, set := range sets {
		if err := runDataSet(set, m); err != nil {
			return err
		}
	}
	return nil
}

// runDataSet runs node after node, with what was computed so far as constants, so that a shape computed by one is known to the next.
func runDataSet(dir string, m *onnx.Model) error {
	values := map[string]*ir.Tensor{}
	var err error
	for i, in := range m.Main.Inputs {
		if values[in.Name], err = readTensor(dir, "input", i); err != nil {
			return err
		}
	}
	for _, c := range m.Main.Initializers {
		if values[c.Name], err = c.Tensor(); err != nil {
			return err
		}
	}
	for i, n := range m.Main.Nodes {
		if err := runNode(m, n, values); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	for i, out := range m.Main.Outputs {
		want, err := readTensor(dir, "output", i)
		if err != nil {
			return err
		}
		if err := closeTo(values[out.Name], want); err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return nil
}

// runNode computes one node, compares the types that its shape rule gives with those of the computed values, and enters these.
func runNode(m *onnx.Model, n *onnx.Node, values map[string]*ir.Tensor) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic: %v", n.Op, p)
		}
	}()
	one := &onnx.Model{Opsets: m.Opsets, Main: &onnx.Graph{Nodes: []*onnx.Node{n}}}
	given := map[string]*ir.Tensor{}
	for _, name := range n.Inputs {
		if t := values[name]; t != nil && given[name] == nil {
			given[name] = t
			one.Main.Inputs = append(one.Main.Inputs, &onnx.ValueInfo{Name: name})
		}
	}
	for _, name := range n.Outputs {
		if name != "" {
			one.Main.Outputs = append(one.Main.Outputs, &onnx.ValueInfo{Name: name})
		}
	}
	g, err := one.Graph(onnx.Importer{Lookup: op.Lookup, Const: op.Const, Values: given})
	if err != nil {
		return err
	}
	if g.Diags.HasErrors() {
		return g.Diags
	}
	got, err := g.Eval(nil)
	if err != nil {
		return err
	}
	for i, v := range g.Outputs {
		if !v.Type.Equal(got[i].Type()) {
			return fmt.Errorf("%s: the shape rule gives %s, Eval %s", n.Op, v.Type, got[i].Type())
		}
		values[one.Main.Outputs[i].Name] = got[i]
	}
	return nil
}

func readTensor(dir, kind string, i int) (*ir.Tensor, error) {
	b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s_%d.pb", kind, i)))
	if err != nil {
		return nil, err
	}
	return onnx.ReadTensor(b)
}

// relative is the tolerance for an element type, ONNX's own for float32. The evaluator does not round, the expected data is rounded.
var relative = map[ir.DType]float64{ir.Float32: 1e-3, ir.Float64: 1e-6, ir.Float16: 2e-3, ir.BFloat16: 1e-2}

// closeTo compares with the relative tolerance of the type and an absolute one of 1e-5.
func closeTo(got, want *ir.Tensor) error {
	if !got.Type().Equal(want.Type()) {
		return fmt.Errorf("Eval gives %s, want %s", got.Type(), want.Type())
	}
	for i, w := range want.Data {
		x := got.Data[i]
		same := x == w || math.IsNaN(x) && math.IsNaN(w)
		if !same && !(math.Abs(x-w) <= 1e-5+relative[want.DType]*math.Abs(w)) {
			return fmt.Errorf("element %d = %v, want %v", i, x, w)
		}
	}
	return nil
}
