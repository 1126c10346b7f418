package pass_test

import (
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"
	"ssc/compiler/pass"
)

// TestBFloat16: the pass rounds only where a region begins, changes results by the rounding alone, adds and joins within a region as bfloat16, and leaves the gradients of weights, statistics
// and what lies outside in float32.
func TestBFloat16(t *testing.T) {
	g := ir.New("g")
	feeds := map[string]*ir.Tensor{}
	input := func(name string, dims ...int) *ir.Value {
		x, err := optest.Draw(name, ir.Arg{Dims: dims})
		if err != nil {
			t.Fatal(err)
		}
		feeds[name] = x
		return g.Input(name, ir.Float32, ir.Dims(dims...))
	}
	o := op.ConvOptions{Strides: []int{1, 1}, Pads: []int{1, 1, 1, 1}, Dilations: []int{1, 1}, Group: 1}
	x, w, c := input("x", 2, 3, 5, 4), input("w", 3, 3, 3, 3), input("c", 3)
	y, mean, _ := fn.BatchNorm(fn.Conv(x, w, nil, o), c, c, 1e-5, 1)
	parts := op.SplitEvenly(y, 0, 2)
	joined := op.Concat(0, parts[1], parts[0])
	sum := op.Add(y, joined)
	z := fn.Conv(sum, w, nil, o)
	outside, _, _ := fn.BatchNorm(input("rows", 6, 3), c, c, 1e-5, 1) // begins nothing
	for _, v := range []*ir.Value{z, mean, fn.ConvWeightGrad(x, z, w.Shape, o), outside, op.Mul(sum, op.Scalar(sum, 2))} {
		g.Output(v)
	}
	want, err := g.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	out, err := verified.All(pass.BFloat16(g))
	if err != nil {
		t.Fatal(err)
	}
	got, err := out.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	rounded := false
	for i, v := range out.Outputs {
		if v.DType != ir.Float32 {
			t.Errorf("the output %s is no longer f32", v)
		}
		tol := 0.03 // a few roundings to 8 bits
		if i == 3 {
			tol = 0
		}
		if err := optest.Close(got[i], want[i], tol); err != nil {
			t.Errorf("output %s: %v", v, err)
		}
		rounded = rounded || optest.Close(got[i], want[i], 1e-4) != nil
	}
	if !rounded {
		t.Error("nothing is rounded")
	}
	casts := 0
	for _, n := range out.Nodes {
		switch name := n.Op.Name(); {
		case name == "Cast":
			casts++
		case n.Out[0].Shape.Equal(x.Shape) && name != "Mul" && n.Out[0].DType != ir.BFloat16:
			t.Errorf("%s inside the region is %s", name, n.Out[0])
		}
	}
	if casts != 4 { // x and w come in; z and the sum go out
		t.Errorf("there are %d casts, want 4:\n%s", casts, out)
	}
}
