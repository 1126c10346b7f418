package autodiff_test

import (
	"strings"
	"testing"

	"ssc/compiler/autodiff"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"

	"github.com/google/go-cmp/cmp"
)

func total(x *ir.Value) *ir.Value { return op.ReduceSum(x, false) }

// TestGradient evaluates gradients that are known by hand. The inputs of every case are a [2, 3] = 1 … 6, b [3] = 1, 2, 3 and
// s [] = 2; want is by input, absent where the gradient is nil.
func TestGradient(t *testing.T) {
	type values = map[string][]float64
	for _, c := range []struct {
		name string
		loss func(a, b, s *ir.Value) *ir.Value
		want values
	}{
		{"fan-out adds", func(a, _, _ *ir.Value) *ir.Value { return total(op.Add(op.Mul(a, a), a)) },
			values{"a": {3, 5, 7, 9, 11, 13}}},
		{"one value twice in one node", func(a, _, _ *ir.Value) *ir.Value { return total(op.Add(a, a)) },
			values{"a": {2, 2, 2, 2, 2, 2}}},
		{"a row is summed over the batch", func(a, b, _ *ir.Value) *ir.Value { return total(op.Mul(a, b)) },
			values{"a": {1, 2, 3, 1, 2, 3}, "b": {5, 7, 9}}},
		{"a scalar is summed over everything", func(a, _, s *ir.Value) *ir.Value { return total(op.Mul(a, s)) },
			values{"a": {2, 2, 2, 2, 2, 2}, "s": {21}}},
		{"a size-1 axis is summed", func(a, b, _ *ir.Value) *ir.Value {
			return total(op.Mul(a, op.Reshape(b, ir.Dims(1, 3))))
		}, values{"a": {1, 2, 3, 1, 2, 3}, "b": {5, 7, 9}}},
		{"unreachable", func(_, b, _ *ir.Value) *ir.Value { return total(b) }, values{"b": {1, 1, 1}}},
		{"not differentiable", func(a, b, _ *ir.Value) *ir.Value { return total(op.Mul(op.Floor(a), b)) },
			values{"b": {5, 7, 9}}},
		{"through integers there is none", func(a, _, s *ir.Value) *ir.Value {
			return op.Mul(op.Cast(op.Cast(total(a), ir.Int64), ir.Float32), s)
		}, values{"s": {21}}},
		{"the loss itself", func(_, _, s *ir.Value) *ir.Value { return s }, values{"s": {1}}},
		{"a later reader does not count", func(a, b, _ *ir.Value) *ir.Value {
			loss := total(op.Mul(a, b))
			op.Exp(op.Mul(loss, loss))
			return loss
		}, values{"a": {1, 2, 3, 1, 2, 3}, "b": {5, 7, 9}}},
	} {
		t.Run(c.name, func(t *testing.T) { checkGradient(t, c.loss, c.want) })
	}
}

func checkGradient(t *testing.T, loss func(a, b, s *ir.Value) *ir.Value, want map[string][]float64) {
	t.Helper()
	feeds := map[string]*ir.Tensor{"a": ir.Floats(ir.Float32, []int{2, 3}, 1, 2, 3, 4, 5, 6),
		"b": ir.Floats(ir.Float32, []int{3}, 1, 2, 3), "s": ir.ScalarTensor(ir.Float32, 2)}
	g := ir.New("test")
	var in []*ir.Value
	for _, name := range []string{"a", "b", "s"} {
		in = append(in, g.Input(name, ir.Float32, ir.Dims(feeds[name].Dims...)))
	}
	grads, err := autodiff.Gradient(optest.Builder(), loss(in[0], in[1], in[2]), in)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, d := range grads {
		if _, ok := want[in[i].Name]; ok != (d != nil) {
			t.Fatalf("gradient of %s = %v, want %v", in[i], d, want[in[i].Name])
		}
		if d != nil {
			names = append(names, in[i].Name)
			g.Output(op.Identity(d))
		}
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	got, err := g.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if err := optest.Close(got[i], ir.Floats(ir.Float32, feeds[name].Dims, want[name]...), 1e-12); err != nil {
			t.Errorf("gradient of %s: %v", name, err)
		}
	}
}

// fake is an operator whose gradient is what a case wants.
type fake struct {
	grad func(dy []*ir.Value) []*ir.Value
}

func (fake) Name() string                                  { return "Fake" }
func (fake) Doc() ir.Doc                                   { return ir.Doc{} }
func (fake) Infer(in []*ir.Value) ([]ir.Type, error)       { return []ir.Type{in[0].Type}, nil }
func (f fake) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value { return f.grad(dy) }
func (fake) Eval(in []*ir.Tensor) []*ir.Tensor             { return in[:1] }

func TestErrors(t *testing.T) {
	g := ir.New("test")
	x := g.Input("x", ir.Float32, ir.Named("batch", 2))
	if _, err := autodiff.Gradient(optest.Builder(), x, []*ir.Value{x}); err == nil || !strings.Contains(err.Error(), "must be a scalar, not f32[batch=2]") {
		t.Errorf("Gradient of a vector = %v, want an error that shows its type", err)
	}
	y := ir.Apply1(fake{func(dy []*ir.Value) []*ir.Value { return append(dy, dy...) }}, x)
	if _, err := autodiff.Gradient(optest.Builder(), total(y), []*ir.Value{x}); err == nil || !strings.Contains(err.Error(), "1 inputs and gave 2 gradients") {
		t.Errorf("Gradient through a faulty operator = %v, want an error that counts", err)
	}
}

// TestNothingUnneeded: no gradient is built for what does not lead to a wanted value, and gradient nodes go in reverse order.
func TestNothingUnneeded(t *testing.T) {
	g := ir.New("test")
	x := g.Input("x", ir.Float32, ir.Dims())
	w := g.Input("w", ir.Float32, ir.Dims())
	var called []string
	track := func(name string, in *ir.Value) *ir.Value {
		return ir.Apply1(fake{func(dy []*ir.Value) []*ir.Value { called = append(called, name); return dy }}, in)
	}
	data := track("data", x)
	first := track("first", w)
	loss := op.Mul(track("second", first), data)
	track("beside", first)
	if _, err := autodiff.Gradient(optest.Builder(), loss, []*ir.Value{w}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"second", "first"}, called); diff != "" {
		t.Errorf("gradients asked for (-want +got):\n%s", diff)
	}
}

// TestAgain: what lies inside a part is computed a second time where a gradient reads it, after the gradient has come, and only then; what others read, small values and constants are not. The
// gradient is the same.
func TestAgain(t *testing.T) {
	run := func(again bool) (*ir.Graph, []*ir.Tensor) {
		g := ir.New("test")
		x := g.Input("x", ir.Float32, ir.Dims(40, 8))
		from := len(g.Nodes)
		e := op.Exp(op.Mul(x, op.Scalar(x, 0.5))) // the product is read by nobody in the sweep
		mean := op.ReduceMean(e, true, 0, 1)
		y := op.Tanh(op.Sub(op.Sqrt(e), mean))
		nodes := g.Nodes[from:]
		loss := op.Add(total(op.Mul(y, y)), total(mean))
		b := optest.Builder()
		var events []*ir.Value
		b.After = func(v, event *ir.Value) *ir.Value {
			events = append(events, event)
			return op.Where(op.Greater(op.ReduceSum(event, false), op.Scalar(event, 0)), v, v)
		}
		var parts [][]*ir.Node
		if again {
			parts = append(parts, nodes)
		}
		grads, err := autodiff.Gradient(b, loss, []*ir.Value{x}, parts...)
		if err != nil {
			t.Fatal(err)
		}
		g.Output(op.Identity(grads[0]))
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		if again && (len(events) != 1 || !events[0].Shape.Equal(y.Shape)) {
			t.Errorf("values wait for %v, want one that waits for the gradient of %s", events, y)
		}
		feed := ir.NewTensor(ir.Float32, 40, 8)
		for i := range feed.Data {
			feed.Data[i] = float64(i%13) / 7
		}
		out, err := g.Eval(map[string]*ir.Tensor{"x": feed})
		if err != nil {
			t.Fatal(err)
		}
		return g, out
	}
	_, want := run(false)
	g, got := run(true)
	if diff := cmp.Diff(want[0].Data, got[0].Data); diff != "" {
		t.Errorf("the gradient differs (-kept +recomputed):\n%s", diff)
	}
	count := map[string]int{}
	for _, n := range g.Nodes {
		if autodiff.Recomputed(n) {
			count[n.Op.Name()]++
		}
	}
	for name, want := range map[string]int{"Exp": 1, "Sqrt": 1, "Sub": 1, "Tanh": 0, "ReduceMean": 0} {
		if count[name] != want {
			t.Errorf("%s is recomputed %d times, want %d", name, count[name], want)
		}
	}
}
