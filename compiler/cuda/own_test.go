package cuda

import (
	"slices"
	"strings"
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	own "ssc/kernels/cuda"
)

// calling is a graph with norms of rows and of maps, attention with heads that kernels take and with larger ones, what is left to NVIDIA's libraries, and an update.
func calling() *ir.Graph {
	g := ir.New("train")
	input := func(name string, dims ...int) *ir.Value { return g.Input(name, ir.Float32, ir.Dims(dims...)) }
	narrow := func(name string, dims ...int) *ir.Value { return g.Input(name, ir.BFloat16, ir.Dims(dims...)) }
	c := input("c", 3)
	rows, _, _ := fn.BatchNorm(input("rows", 4, 3), c, c, 1e-5, 1)
	maps, _, _ := fn.BatchNorm(input("maps", 4, 3, 2, 2), c, c, 1e-5, 1)
	small, large := fn.SelfAttention(narrow("small", 2, 3, 24), 1), fn.SelfAttention(narrow("large", 2, 3, 600), 1)
	single := fn.SelfAttention(input("single", 2, 3, 24), 1)
	linear := fn.Linear(input("tokens", 2, 5), input("weight", 3, 5), nil, fn.ReLU)
	next, _ := fn.SGD(nil, input("rate"), nil, nil, c, c, nil, fn.Descent{})
	for _, v := range []*ir.Value{rows, maps, small, large, single, linear, next} {
		g.Output(v)
	}
	return g
}

// calls are the functions that a graph calls, one after the other.
func calls(g *ir.Graph) (out []string) {
	for _, n := range g.Nodes {
		if ir.IsFunction(n.Op) {
			out = append(out, n.Op.Name())
		}
	}
	return out
}

// TestInline: what is left of a function that kernels compute are the calls that they take; one of which they take none is not theirs, and the functions that are lead to the same graph again.
func TestInline(t *testing.T) {
	for _, c := range []struct{ names, want, calls []string }{
		{Own(), []string{"Attention", "BatchNorm", "SGD"}, []string{"BatchNorm", "BatchNorm", "Attention", "Linear", "SGD"}},
		{[]string{"BatchNorm", "SGD"}, []string{"BatchNorm", "SGD"}, []string{"BatchNorm", "BatchNorm", "Attention", "Attention", "Attention", "Linear", "SGD"}},
		{[]string{"Attention", "Linear"}, []string{"Attention"}, []string{"BatchNorm", "BatchNorm", "Attention", "Linear", "SGD"}},
		{nil, nil, []string{"BatchNorm", "BatchNorm", "Attention", "Attention", "Attention", "Linear", "SGD"}},
	} {
		g, names := Inline(calling(), c.names)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(names); !slices.Equal(names, c.want) || !slices.Equal(calls(g), c.calls) {
			t.Errorf("Inline(%v) leaves the calls %v and the kernels %v, want %v and %v", c.names, calls(g), names, c.calls, c.want)
		}
	}
}

// TestPlan: kernels say why they do not take a call, and what scratch memory one takes.
func TestPlan(t *testing.T) {
	want := []string{"", "", "", "1 heads of 200 numbers", "", "", ""}
	i := 0
	for _, n := range calling().Nodes {
		if !ir.IsFunction(n.Op) {
			continue
		}
		_, err := Plan(n, own.Usual)
		if (err == nil) != (want[i] == "") || err != nil && !strings.Contains(err.Error(), want[i]) {
			t.Errorf("Plan(%s) = %v, want %q", n.Op.Name(), err, want[i])
		}
		if i++; i == 1 && Scratch(n) != 2*256 { // two sums, and two lines, of three channels
			t.Errorf("scratch of %s = %d", n.Op.Name(), Scratch(n))
		}
	}
	g := ir.New("g")
	x := g.Input("x", ir.Float64, ir.Dims(2, 3))
	c := g.Input("c", ir.Float32, ir.Dims(3))
	for _, n := range []*ir.Node{{Op: mustFunction(t, "LayerNorm"), In: []*ir.Value{x, c, c}}, {Op: mustFunction(t, "LayerNorm"), In: []*ir.Value{nil, c, c}}, {Op: mustFunction(t, "Conv"), In: []*ir.Value{x, x}}} {
		if _, err := Plan(n, own.Usual); err == nil || !strings.Contains(err.Error(), n.Op.Name()) {
			t.Errorf("Plan(%s) = %v", n.Op.Name(), err)
		}
	}
}

// TestInlineGroups: kernels that take no groups of the batch compute each of them.
func TestInlineGroups(t *testing.T) {
	g := ir.New("train")
	c := g.Input("c", ir.Float32, ir.Dims(3))
	y, _, _ := fn.BatchNormRelu(g.Input("x", ir.Float32, ir.Dims(4, 3)), c, c, nil, 1e-5, 2)
	g.Output(y)
	g, names := Inline(g, Own())
	if want := []string{"BatchNormRelu", "BatchNormRelu"}; !slices.Equal(calls(g), want) || !slices.Equal(names, want[:1]) {
		t.Errorf("the calls are %v and the kernels %v, want one of BatchNormRelu for each of two groups", calls(g), names)
	}
}

func mustFunction(t *testing.T, name string) ir.Op {
	t.Helper()
	f, ok := fn.Lookup(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return f
}
