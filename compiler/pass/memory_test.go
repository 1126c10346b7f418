package pass_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/pass"
)

// pair and outer are the functions of testdata/order.py.
type (
	pair  struct{ function }
	outer struct{ function }
)

func (pair) Name() string                               { return "Pair" }
func (f pair) Infer(in []*ir.Value) ([]ir.Type, error)  { return ir.InferBody(f, in) }
func (f pair) Eval(in []*ir.Tensor) []*ir.Tensor        { return ir.EvalBody(f, in) }
func (outer) Name() string                              { return "Outer" }
func (f outer) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }
func (f outer) Eval(in []*ir.Tensor) []*ir.Tensor       { return ir.EvalBody(f, in) }

func (pair) Body(in []*ir.Value) []*ir.Value {
	p, q := op.Mul(in[0], in[1]), op.Sub(in[0], in[1])
	return []*ir.Value{op.Add(p, q)}
}

func (outer) Body(in []*ir.Value) []*ir.Value {
	p := ir.Apply1(pair{}, in...)
	q := op.Max(in[0], p)
	return []*ir.Value{op.Sub(p, q)}
}

// function is what the functions of these tests have in common.
type function struct{}

func (function) Doc() ir.Doc                            { return ir.Doc{} }
func (function) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

// TestOrderAndPeak compares the simulated order and peak with what ONNX Runtime did: see testdata/order.py.
func TestOrderAndPeak(t *testing.T) {
	b, err := os.ReadFile("testdata/order.json")
	if err != nil {
		t.Fatal(err)
	}
	var runs []struct {
		Nodes [][]json.RawMessage
		Ops   []string
		Ranks []int
		Peak  int64
	}
	if err := json.Unmarshal(b, &runs); err != nil {
		t.Fatal(err)
	}
	for i, r := range runs {
		ops, ranks, peak := pass.Simulate(measured(t, r.Nodes))
		if diff := cmp.Diff(r.Ops, ops); diff != "" {
			t.Errorf("graph %d: operators in order (-ONNX Runtime +simulated):\n%s", i, diff)
		}
		if diff := cmp.Diff(r.Ranks, ranks); diff != "" {
			t.Errorf("graph %d: numbers of the nodes in order (-ONNX Runtime +simulated):\n%s", i, diff)
		}
		if peak != r.Peak {
			t.Errorf("graph %d: peak = %d bytes, want ONNX Runtime's %d", i, peak, r.Peak)
		}
	}
	if len(runs) < 30 {
		t.Errorf("%d graphs, want at least 30", len(runs))
	}
}

// measured builds a graph of testdata/order.json.
func measured(t *testing.T, nodes [][]json.RawMessage) *ir.Graph {
	t.Helper()
	g := ir.New("g")
	at := map[string]*ir.Value{"x": g.Input("x", ir.Float32, ir.Dims(8, 4)), "y": g.Input("y", ir.Float32, ir.Dims(4, 8))}
	var list []*ir.Value
	read := map[*ir.Value]bool{}
	for _, n := range nodes {
		var out, name string
		var ins []string
		for i, to := range []any{&out, &name, &ins} {
			if err := json.Unmarshal(n[i], to); err != nil {
				t.Fatal(err)
			}
		}
		var o ir.Op
		switch name {
		case "Pair":
			o = pair{}
		case "Outer":
			o = outer{}
		default:
			o = mustLookup(t, name)
		}
		var in []*ir.Value
		for _, v := range ins {
			in, read[at[v]] = append(in, at[v]), true
		}
		at[out] = ir.Apply1(o, in...)
		list = append(list, at[out])
	}
	for _, v := range list {
		if !read[v] {
			g.Output(v)
		}
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestPeak(t *testing.T) {
	tests := []struct {
		name, body string
		bytes      int64
		at         string
	}{
		{"nothing to run", "%c: f32[] = Constant() {value=f32[](1)}\n%y: f32[] = Constant() {value=f32[](2)}\nout %y", 0, ""},
		{"only outputs", "%y: f32[100] = Exp(%x)\nout %y", 0, "y"},
		{"chain", "%a: f32[100] = Exp(%x)\n%b: f32[100] = Neg(%a)\n%c: f32[100] = Neg(%b)\n%d: f32[100] = Neg(%c)\n%y: f32[100] = Neg(%d)\nout %y", 800, "b"},
		{"in place", "%a: f32[100] = Exp(%x)\n%b: f32[100] = Relu(%a)\n%y: f32[100] = Neg(%b)\nout %y", 400, "a"},
		{"not in place, read again", "%a: f32[100] = Exp(%x)\n%b: f32[100] = Relu(%a)\n%y: f32[100] = Add(%b, %a)\nout %y", 800, "b"},
		{"view", "%s: i64[2] = Constant() {value=i64[2](10, 10)}\n%a: f32[100] = Exp(%x)\n%b: f32[10, 10] = Reshape(%a, %s)\n%y: f32[10, 10] = Neg(%b)\nout %y", 400, "a"},
		{"view of an input", "%s: i64[2] = Constant() {value=i64[2](10, 10)}\n%b: f32[10, 10] = Reshape(%x, %s)\n%y: f32[10, 10] = Neg(%b)\nout %y", 0, "b"},
		{"types", "%a: bool[100] = Greater(%x, %x)\n%b: f64[100] = Cast(%x) {to=f64}\n%c: f64[100] = Where(%a, %b, %b)\n%y: f32[100] = Cast(%c) {to=f32}\nout %y", 1700, "c"},
		{"taken over later", "%a: f32[100] = Exp(%x)\n%s: f32[] = ReduceSum(%a, _) {keepdims=false}\n%t: f32[] = Neg(%s)\n%u: f32[100] = Mul(%x, %t)\n%y: f32[100] = Neg(%u)\nout %y", 408, "t"},
	}
	for _, tt := range tests {
		g := parse(t, "graph g {\n in %x: f32[100]\n"+tt.body+"\n}\n", tt.name)
		bytes, at := pass.Peak(g, nil)
		name := ""
		if at != nil {
			name = at.Out[0].Name
		}
		if bytes != tt.bytes || name != tt.at {
			t.Errorf("%s: Peak(g, nil) = %d at %q, want %d at %q", tt.name, bytes, name, tt.bytes, tt.at)
		}
	}
}

// TestExecutionWithKernels: what a body keeps between its nodes, a kernel does not.
func TestExecutionWithKernels(t *testing.T) {
	g := ir.New("g")
	x := g.Input("x", ir.Float32, ir.Dims(100))
	g.Output(op.Neg(ir.Apply1(outer{}, op.Exp(x), x)))
	only := func(kernel string) []pass.Moment {
		return pass.NewExecution(g, func(name string) bool { return name == kernel }, nil).Moments()
	}
	for _, tt := range []struct {
		kernel string
		want   int64
	}{{"", 1600}, {"Pair", 1200}, {"Outer", 800}} {
		if got, _ := pass.NewExecution(g, func(name string) bool { return name == tt.kernel }, nil).Peak(); got != tt.want {
			t.Errorf("an execution with a kernel for %q: %d, want %d", tt.kernel, got, tt.want)
		}
		if got := only(tt.kernel); len(got) != 1 || got[0].On(1) != tt.want || got[0].On(9) != tt.want {
			t.Errorf("a kernel for %q: moments %+v, want one of %d bytes", tt.kernel, got, tt.want)
		}
	}
	if want, at := pass.Peak(g, nil); only("")[0].On(1) != want || only("")[0].At != at {
		t.Errorf("without kernels the moment is %+v, want the peak, %d at %v", only("")[0], want, at)
	}
	if got := pass.NewExecution(ir.New("empty"), nil, nil).Moments(); got != nil {
		t.Errorf("nothing to run: moments %+v, want none", got)
	}
}

// TestMomentsOfKernels: a kernel takes more with each thread, until it is worse than what else is kept.
func TestMomentsOfKernels(t *testing.T) {
	g := ir.New("g")
	qkv := op.Exp(g.Input("x", ir.Float32, ir.Dims(1, 512, 768)))                    // 1.5 MiB
	g.Output(op.Neg(fn.SelfAttention(qkv, 8)))                                       // 0.5 MiB, 16 KiB of logarithms, and for each of 32 tasks 128*514 floats of scratch
	g.Output(op.Neg(op.Neg(op.Exp(g.Input("y", ir.Float32, ir.Dims(1<<18+1<<16)))))) // twice 1.25 MiB
	list := pass.NewExecution(g, func(name string) bool { return name == "Attention" }, nil).Moments()
	if len(list) != 2 {
		t.Fatalf("moments %+v, want two", list)
	}
	const kept, attention, each = 5 << 19, 2<<20 + 16<<10, 128 * 514 * 4
	for _, tt := range []struct{ threads, first, second int64 }{{1, kept, attention + each}, {2, kept, attention + 2*each}, {32, kept, attention + 32*each}, {99, kept, attention + 32*each}} {
		if a, b := list[0].On(int(tt.threads)), list[1].On(int(tt.threads)); a != tt.first || b != tt.second {
			t.Errorf("on %d threads the moments take %d and %d bytes, want %d and %d", tt.threads, a, b, tt.first, tt.second)
		}
	}
}

// TestPeakOfOrder gives two orders of independent branches: one at a time, or both before either is reduced.
func TestPeakOfOrder(t *testing.T) {
	g := parse(t, `graph g {
  in %x: f32[100]
  %a: f32[100] = Exp(%x)
  %b: f32[100] = Sin(%x)
  %s: f32[] = ReduceSum(%a, _) {keepdims=false}
  %t: f32[] = ReduceSum(%b, _) {keepdims=false}
  %y: f32[] = Add(%s, %t)
  out %y
}`, "g")
	n := g.Nodes
	tests := []struct {
		order []*ir.Node
		want  int64
	}{
		{n, 804},
		{[]*ir.Node{n[0], n[2], n[1], n[3], n[4]}, 408},
		{nil, 408},
	}
	for i, tt := range tests {
		if got, _ := pass.Peak(g, tt.order); got != tt.want {
			t.Errorf("%d: Peak = %d, want %d", i, got, tt.want)
		}
	}
	var names []string
	for _, k := range pass.Order(g) {
		names = append(names, k.Out[0].Name)
	}
	if diff := cmp.Diff([]string{"b", "t", "a", "s", "y"}, names); diff != "" {
		t.Errorf("Order(g) (-want +got):\n%s", diff)
	}
}

// TestPeakOfSample checks that a symbolic batch counts as one sample.
func TestPeakOfSample(t *testing.T) {
	g := parse(t, "graph g {\n in %x: f32[batch, 10]\n%a: f32[batch, 10] = Exp(%x)\n%y: f32[batch, 10] = Neg(%a)\nout %y\n}", "g")
	if got, _ := pass.Peak(g, nil); got != 40 {
		t.Errorf("Peak = %d, want 40", got)
	}
}
