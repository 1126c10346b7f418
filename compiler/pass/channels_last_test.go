package pass_test

import (
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"
	"ssc/compiler/pass"
)

// TestChannelsLast: the pass changes no number, moves channels only where a region begins and ends, and does nothing without kernels.
func TestChannelsLast(t *testing.T) {
	build := func() (*ir.Graph, map[string]*ir.Tensor) {
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
		y = op.Add(op.Relu(y), op.Mul(x, op.Scalar(x, 2))) // a shortcut from outside the region
		parts := op.SplitEvenly(y, 0, 2)                   // cut and joined along the batch: in the region
		y = op.Concat(0, parts[1], op.Relu(parts[0]))
		y = fn.Conv(op.Where(op.Greater(y, op.Scalar(y, 0)), y, op.Scalar(y, 0)), w, nil, o)
		dw := fn.ConvWeightGrad(x, y, w.Shape, o)
		g.Output(op.GlobalAveragePool(y))
		g.Output(fn.ConvInputGrad(y, w, x.Shape, o))
		g.Output(op.Mul(y, input("row", 2, 3, 5, 1))) // broadcasts: not in the region
		g.Output(mean)
		g.Output(dw)
		return g, feeds
	}
	g, feeds := build()
	want, err := g.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kernels bool
		moves   int // x and the shortcut go in; y, the gradient of x come out
	}{{true, 4}, {false, 0}} {
		g, _ := build()
		out, err := verified.All(pass.ChannelsLast(g, func(string) bool { return c.kernels }))
		if err != nil {
			t.Fatal(err)
		}
		got, err := out.Eval(feeds)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range out.Outputs {
			if err := optest.Close(got[i], want[i], 1e-12); err != nil || v.Name != g.Outputs[i].Name {
				t.Errorf("kernels %t: output %s differs: %v", c.kernels, v, err)
			}
		}
		l, err := pass.Layout(out)
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for _, layout := range l.Of {
			if layout == "nhwc" {
				last++
			}
		}
		if (last > 0) != c.kernels {
			t.Errorf("kernels %t: Layout gives %d values the channels last", c.kernels, last)
		}
		if again := pass.ChannelsLast(out, func(string) bool { return c.kernels }); len(again.Nodes) != len(out.Nodes) {
			t.Errorf("kernels %t: a second time makes %d nodes of %d", c.kernels, len(again.Nodes), len(out.Nodes))
		}
		if len(l.Moves) != c.moves {
			t.Errorf("kernels %t: channels move %d times, want %d:\n%s", c.kernels, len(l.Moves), c.moves, out)
		}
	}
}
