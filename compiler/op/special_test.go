package op_test

import (
	"math"
	"testing"

	"ssc/compiler/autodiff"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"
)

var nan, inf = math.NaN(), math.Inf(1)

// TestSpecialPoints holds what the operators' texts promise at kinks, poles and ties, where no difference quotient can tell.
// Each case gives the value and the gradient of its sum with respect to x.
func TestSpecialPoints(t *testing.T) {
	type values = []float64
	for _, c := range []struct {
		name     string
		f        func(x *ir.Value) *ir.Value
		x, y, dx values
	}{
		{"Abs", op.Abs, values{-2, 0, 3}, values{2, 0, 3}, values{-1, 0, 1}},
		{"Relu", op.Relu, values{-1, 0, 2}, values{0, 0, 2}, values{0, 0, 1}},
		{"LeakyRelu", func(x *ir.Value) *ir.Value { return op.LeakyRelu(x, 0.1) }, values{-1, 0, 2}, values{-0.1, 0, 2}, values{0.1, 0.1, 1}},
		{"Elu", func(x *ir.Value) *ir.Value { return op.Elu(x, 2) }, values{0, 1}, values{0, 1}, values{2, 1}},
		{"Sqrt", op.Sqrt, values{0, 4, -1}, values{0, 2, nan}, values{inf, 0.25, nan}},
		{"Log", op.Log, values{0, 1, -1}, values{-inf, 0, nan}, values{inf, 1, -1}},
		{"Softplus", op.Softplus, values{800, -800}, values{800, 0}, values{1, 0}},
		{"Sigmoid", op.Sigmoid, values{800, -800}, values{1, 0}, values{0, 0}},
		{"Sign", op.Sign, values{-3, 0, 2, nan}, values{-1, 0, 1, nan}, nil},
		{"Round", op.Round, values{0.5, 1.5, -0.5, -2.5, 2.4}, values{0, 2, 0, -2, 2}, nil},
		{"Floor", op.Floor, values{-1.2, 1.8}, values{-2, 1}, nil},
		{"Ceil", op.Ceil, values{-1.2, 1.8}, values{-1, 2}, nil},
		{"Clip", func(x *ir.Value) *ir.Value { return op.Clip(x, -1, 1) }, values{-2, -1, 0, 1, 2}, values{-1, -1, 0, 1, 1}, values{0, 1, 1, 1, 0}},
		{"Pow 0", func(x *ir.Value) *ir.Value { return op.Pow(x, op.Scalar(x, 0)) }, values{0, 2}, values{1, 1}, values{0, 0}},
		{"Pow 2", func(x *ir.Value) *ir.Value { return op.Pow(x, op.Scalar(x, 2)) }, values{0, -3}, values{0, 9}, values{0, -6}},
		{"Pow of 0", func(x *ir.Value) *ir.Value { return op.Pow(op.Scalar(x, 0), x) }, values{2}, values{0}, values{0}},
		{"Max ties", func(x *ir.Value) *ir.Value { return op.Max(x, op.Scalar(x, 1)) }, values{0, 1, 2, nan}, values{1, 1, 2, nan}, values{0, 0.5, 1, nan}},
		{"Min ties", func(x *ir.Value) *ir.Value { return op.Min(x, op.Scalar(x, 1), op.Scalar(x, 1)) }, values{0, 1, 2}, values{0, 1, 1}, values{1, 1. / 3, 0}},
		{"ReduceMax ties", func(x *ir.Value) *ir.Value { return op.ReduceMax(x, false, 0) }, values{1, 3, 3, 2}, values{3}, values{0, 0.5, 0.5, 0}},
		{"ReduceMin ties", func(x *ir.Value) *ir.Value { return op.ReduceMin(x, true) }, values{1, 3, 1, 1}, values{1}, values{1. / 3, 0, 1. / 3, 1. / 3}},
		{"ReduceProd one 0", func(x *ir.Value) *ir.Value { return op.ReduceProd(x, false, 0) }, values{2, 0, 5}, values{0}, values{0, 10, 0}},
		{"ReduceProd two 0", func(x *ir.Value) *ir.Value { return op.ReduceProd(x, false, 0) }, values{2, 0, 0}, values{0}, values{0, 0, 0}},
		{"ReduceL1", func(x *ir.Value) *ir.Value { return op.ReduceL1(x, false) }, values{-2, 0, 1}, values{3}, values{-1, 0, 1}},
		{"ReduceL2 of 0", func(x *ir.Value) *ir.Value { return op.ReduceL2(x, false) }, values{0, 0}, values{0}, values{0, 0}},
		{"ReduceL2", func(x *ir.Value) *ir.Value { return op.ReduceL2(x, true) }, values{3, 4}, values{5}, values{0.6, 0.8}},
		{"ReduceLogSumExp", func(x *ir.Value) *ir.Value { return op.ReduceLogSumExp(x, true, 0) }, values{1000, 1000}, values{1000 + math.Ln2}, values{0.5, 0.5}},
		{"Where", func(x *ir.Value) *ir.Value { return op.Where(op.IsNaN(x), op.Scalar(x, 7), x) }, values{1, nan}, values{1, 7}, values{1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) { checkPoints(t, c.f, c.x, c.y, c.dx) })
	}
}

// checkPoints compares f(x) and the gradient of its sum; a nil dx means that there must be none.
func checkPoints(t *testing.T, f func(x *ir.Value) *ir.Value, x, y, dx []float64) {
	t.Helper()
	g := ir.New("points")
	in := g.Input("x", ir.Float32, ir.Dims(len(x)))
	out := f(in)
	g.Output(out)
	grad, err := autodiff.Gradient(optest.Builder(), op.ReduceSum(out, false), []*ir.Value{in})
	if err != nil {
		t.Fatal(err)
	}
	if (grad[0] == nil) != (dx == nil) {
		t.Fatalf("gradient = %v, want %v", grad[0], dx)
	}
	if dx != nil {
		g.Output(grad[0])
	}
	if len(g.Diags) > 0 {
		t.Fatal(g.Diags)
	}
	got, err := g.Eval(map[string]*ir.Tensor{"x": ir.Floats(ir.Float32, []int{len(x)}, x...)})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{y, dx}[:len(got)] {
		if err := optest.Close(got[i], ir.Floats(ir.Float32, got[i].Dims, want...), 1e-12); err != nil {
			t.Errorf("%s at %v: %v", [...]string{"value", "gradient"}[i], x, err)
		}
	}
}

// TestIntegers holds the rules for integers, where they differ from floats.
func TestIntegers(t *testing.T) {
	for _, c := range []struct {
		name    string
		f       func(a, b *ir.Value) *ir.Value
		a, b, y []float64
	}{
		{"Div", op.Div, []float64{7, -7, 7}, []float64{2, 2, -2}, []float64{3, -3, -3}},
		{"Mod", op.Mod, []float64{7, -7, 7, -7}, []float64{3, 3, -3, -3}, []float64{1, 2, -2, -1}},
		{"Pow", op.Pow, []float64{2, 3, 2}, []float64{3, 2, -1}, []float64{8, 9, 0}},
		{"ReduceMean", func(a, b *ir.Value) *ir.Value { return op.Add(op.ReduceMean(a, true), b) }, []float64{-1, -2, 7, 1}, []float64{0, 0, 0, 0}, []float64{1, 1, 1, 1}},
		{"Max", func(a, b *ir.Value) *ir.Value { return op.Max(a, b) }, []float64{1, 4}, []float64{2, 3}, []float64{2, 4}},
	} {
		g := ir.New(c.name)
		n := len(c.a)
		g.Output(c.f(op.Const(g, ir.Floats(ir.Int64, []int{n}, c.a...)), op.Const(g, ir.Floats(ir.Int64, []int{n}, c.b...))))
		out, err := g.Eval(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := optest.Close(out[0], ir.Floats(ir.Int64, []int{n}, c.y...), 0); err != nil {
			t.Errorf("%s(%v, %v): %v", c.name, c.a, c.b, err)
		}
	}
}

// TestRejects holds what the shape rules refuse, and that they say why.
func TestRejects(t *testing.T) {
	g := ir.New("rejects")
	x := g.Input("x", ir.Float32, ir.Named("batch", 2, "dim", 3))
	n := g.Input("n", ir.Int64, ir.Dims(2, 3))
	b := g.Input("b", ir.Bool, ir.Dims(2, 3))
	wide := g.Input("wide", ir.Float32, ir.Dims(4))
	for _, c := range []struct {
		name string
		f    func()
		want string
	}{
		{"shapes", func() { op.Sub(x, wide) }, "Sub: shapes [batch=2, dim=3] and [4] do not broadcast: axis 1 is dim=3 and 4."},
		{"types", func() { op.Div(x, n) }, "Div: element types differ: f32 and i64."},
		{"bools", func() { op.Sub(b, b) }, "Sub: needs numbers, got bool[2, 3]."},
		{"compare bools", func() { op.Less(b, b) }, "Less: needs numbers, got bool[2, 3]."},
		{"logic", func() { op.And(b, x) }, "And: needs bools, got f32[batch=2, dim=3]."},
		{"floats", func() { op.Sqrt(n) }, "Sqrt: needs floats, got i64[2, 3]."},
		{"condition", func() { op.Where(x, x, x) }, "Where: the condition must be a bool, got f32[batch=2, dim=3]."},
		{"axis", func() { op.ReduceMean(x, true, 2) }, "ReduceMean: axis 2 is outside rank 2."},
		{"twice", func() { op.ReduceMax(x, true, 1, -1) }, "ReduceMax: axis -1 is given twice."},
		{"arg axis", func() { op.ArgMax(x, -3, true) }, "ArgMax: axis -3 is outside rank 2."},
		{"sum axis", func() { op.CumSum(x, 2, op.CumSumOptions{}) }, "CumSum: axis 2 is outside rank 2."},
		{"variadic", func() { op.Max(x, n) }, "Max: element types differ: f32 and i64."},
		{"reduce bools", func() { op.ReduceSum(b, true) }, "ReduceSum: needs numbers, got bool[2, 3]."},
	} {
		g.Diags = nil
		c.f()
		if len(g.Diags) != 1 || g.Diags[0].Detail != c.want {
			t.Errorf("%s: diagnostics = %v, want %q", c.name, g.Diags, c.want)
		}
	}
}

// TestAxisNames: names of axes survive element-wise operators and reductions.
func TestAxisNames(t *testing.T) {
	g := ir.New("names")
	x := g.Input("x", ir.Float32, ir.Named("batch", 2, "dim", 3))
	row := g.Input("row", ir.Float32, ir.Dims(3))
	free := g.Input("free", ir.Float32, ir.Shape{{Name: "N", Size: -1}, {Name: "dim", Size: 3}})
	for _, c := range []struct {
		got  *ir.Value
		want string
	}{
		{op.Sub(row, x), "f32[batch=2, dim=3]"},
		{op.Greater(x, row), "bool[batch=2, dim=3]"},
		{op.ReduceMean(x, false, -1), "f32[batch=2]"},
		{op.ReduceMax(x, true, 1), "f32[batch=2, dim=1]"},
		{op.ArgMax(x, 1, false), "i64[batch=2]"},
		{op.Where(op.Greater(x, row), row, x), "f32[batch=2, dim=3]"},
		{op.Max(row, op.Relu(free)), "f32[N, dim=3]"},
		{op.ReduceL2(free, true, 1), "f32[N, dim=1]"},
		{op.Cast(x, ir.Int64), "i64[batch=2, dim=3]"},
	} {
		if c.got.Type.String() != c.want {
			t.Errorf("%s of %v = %s, want %s", c.got.Def.Op.Name(), c.got.Def.In[0].Type, c.got.Type, c.want)
		}
	}
}
