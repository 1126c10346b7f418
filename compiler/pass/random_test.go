package pass_test

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// draw makes values for the inputs of a graph: floats in [-1, 1), integers in [0, 3), a symbolic axis of size 2.
func draw(g *ir.Graph, seed int64) map[string]*ir.Tensor {
	r := rand.New(rand.NewSource(seed))
	feeds := map[string]*ir.Tensor{}
	for _, v := range g.Inputs {
		dims := v.Shape.Sizes()
		for i, d := range dims {
			if d < 0 {
				dims[i] = 2
			}
		}
		t := ir.NewTensor(v.DType, dims...)
		for i := range t.Data {
			switch {
			case v.DType == ir.Bool:
				t.Data[i] = float64(r.Intn(2))
			case !v.DType.IsFloat():
				t.Data[i] = float64(r.Intn(3))
			default:
				t.Data[i] = float64(float32(2*r.Float64() - 1))
			}
		}
		feeds[v.Name] = t
	}
	return feeds
}

// near compares tensors: element by element equal, both NaN, or apart by at most tol relative to the larger magnitude, 1 at least.
func near(got, want *ir.Tensor, tol float64) error {
	if describe(got) != describe(want) {
		return fmt.Errorf("= %s, want %s", describe(got), describe(want))
	}
	for i, w := range want.Data {
		x := got.Data[i]
		if x != w && !(math.IsNaN(x) && math.IsNaN(w)) && !(math.Abs(x-w) <= tol*max(1, math.Abs(w), math.Abs(x))) {
			return fmt.Errorf("element %d = %v, want %v", i, x, w)
		}
	}
	return nil
}

// randomGraph builds a graph of n operators over small shapes, with many chances for every pass.
func randomGraph(seed int64, n int) *ir.Graph {
	r := rand.New(rand.NewSource(seed))
	g := ir.New("random")
	shapes := []ir.Shape{{}, ir.Dims(3), ir.Dims(2, 3), ir.Dims(1, 3), ir.Dims(2, 1), ir.Dims(2, 3, 1)}
	var pool []*ir.Value
	for i, s := range shapes {
		pool = append(pool, g.Input(fmt.Sprintf("x%d", i), ir.Float32, s))
	}
	numbers := []float64{0, 1, -1, 2, 0.5, 3, 0.1}
	pick := func() *ir.Value {
		if r.Intn(3) == 0 {
			t := ir.NewTensor(ir.Float32, shapes[r.Intn(len(shapes))].Sizes()...)
			c := numbers[r.Intn(len(numbers))]
			for i := range t.Data {
				t.Data[i] = c
			}
			return op.Const(g, t)
		}
		return pool[max(0, len(pool)-1-r.Intn(8))]
	}
	for range n {
		if v := randomOp(r, pick); v != nil {
			pool = append(pool, v)
		}
	}
	for i := range 4 {
		if v := pool[len(pool)-1-2*i]; v.Def != nil {
			g.Output(v)
		}
	}
	return g
}

// randomOp applies an operator to values of the pool, or returns nil where they do not fit.
func randomOp(r *rand.Rand, pick func() *ir.Value) *ir.Value {
	x := pick()
	unary := []func(*ir.Value) *ir.Value{op.Neg, op.Relu, op.Abs, op.Tanh, op.Identity, fn.StopGradient, op.Sign,
		func(v *ir.Value) *ir.Value { return op.Transpose(v) },
		func(v *ir.Value) *ir.Value { return op.Unsqueeze(v, 0) },
		func(v *ir.Value) *ir.Value { return op.Squeeze(v) },
		func(v *ir.Value) *ir.Value { return op.Reshape(v, ir.Dims(v.Shape.Elems())) },
		func(v *ir.Value) *ir.Value { return op.ReduceSum(v, r.Intn(2) == 0) },
		func(v *ir.Value) *ir.Value { return op.Cast(op.Cast(v, ir.Float64), ir.Float32) },
		func(v *ir.Value) *ir.Value { return op.Sum(v) },
		func(v *ir.Value) *ir.Value { return op.Concat(0, op.Unsqueeze(v, 0), op.Unsqueeze(v, 0)) },
	}
	if r.Intn(2) == 0 {
		if len(x.Shape) > 4 {
			return nil
		}
		return unary[r.Intn(len(unary))](x)
	}
	y := pick()
	s, err := ir.BroadcastShapes(x.Shape, y.Shape)
	if err != nil {
		return nil
	}
	binary := []func(a, b *ir.Value) *ir.Value{op.Add, op.Sub, op.Mul, op.Add, op.Mul,
		func(a, b *ir.Value) *ir.Value { return op.Max(a, b) },
		func(a, b *ir.Value) *ir.Value { return op.Div(a, op.Scalar(b, 4)) },
		func(a, b *ir.Value) *ir.Value { return op.Where(op.Not(op.Greater(a, b)), a, b) },
		func(a, b *ir.Value) *ir.Value { return op.Mul(op.Expand(a, s), b) },
	}
	return binary[r.Intn(len(binary))](x, y)
}

func TestRandomGraphs(t *testing.T) {
	shrunk := 0
	for seed := range int64(300) {
		before, g := randomGraph(seed, 40), randomGraph(seed, 40)
		if _, err := verified.All(g); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, before)
		}
		same(t, before, g, 1e-5)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, before)
		}
		if len(g.Nodes) < len(before.Nodes) {
			shrunk++
		}
		once := g.Text()
		if _, err := verified.All(g); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(once, g.Text()); diff != "" {
			t.Fatalf("seed %d: a second run changes the graph (-once +twice):\n%s", seed, diff)
		}
	}
	if shrunk < 290 {
		t.Errorf("%d of 300 graphs became smaller, want nearly all", shrunk)
	}
}

// TestDeterministic checks that the same graph gives the same text.
func TestDeterministic(t *testing.T) {
	first := ""
	for range 5 {
		g := randomGraph(7, 200)
		if _, err := verified.All(g); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = g.Text()
		} else if g.Text() != first {
			t.Fatal("two runs over equal graphs give different texts")
		}
	}
}
