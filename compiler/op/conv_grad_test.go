package op_test

import (
	"strings"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"
)

// TestConvGradLarge checks the gradients of convolutions whose batches are divided into groups of images, which the samples are too small for.
func TestConvGradLarge(t *testing.T) {
	same := []int{1, 1, 1, 1}
	for _, c := range []struct {
		label string
		x, w  []int
		o     op.ConvOptions
	}{
		{"shifts of dy, groups of images", []int{66, 2, 6, 3}, []int{2, 2, 3, 3}, op.ConvOptions{Pads: same}},
		{"shifts of dy, uneven pads", []int{2, 2, 8, 3}, []int{2, 2, 3, 2}, op.ConvOptions{Pads: []int{2, 1, 0, 0}}},
		{"shifts of dy, dilated", []int{2, 2, 9, 4}, []int{2, 2, 2, 2}, op.ConvOptions{Dilations: []int{2, 3}, Strides: []int{1, 2}, Pads: []int{0, 2, 0, 2}}},
		{"copies of x, a prime batch", []int{37, 1, 4, 4}, []int{3, 1, 3, 3}, op.ConvOptions{Pads: same, Strides: []int{2, 2}}},
		{"copies of x, groups of both", []int{64, 4, 3, 3}, []int{4, 2, 3, 3}, op.ConvOptions{Pads: same, Group: 2}},
		{"pointwise, image by image", []int{3, 2, 12, 11}, []int{2, 2, 1, 1}, op.ConvOptions{}},
		{"more padding than kernel", []int{1, 2, 3, 3}, []int{2, 2, 2, 2}, op.ConvOptions{Pads: []int{2, 2, 2, 2}}},
		{"rest of a stride", []int{2, 1, 7, 8}, []int{2, 1, 2, 3}, op.ConvOptions{Strides: []int{3, 3}}},
		{"three axes", []int{2, 2, 3, 4, 2}, []int{2, 2, 2, 3, 1}, op.ConvOptions{Strides: []int{1, 2, 1}, Pads: []int{0, 1, 0, 1, 1, 0}}},
	} {
		g := ir.New("conv")
		x, w := g.Input("x", ir.Float32, ir.Dims(c.x...)), g.Input("w", ir.Float32, ir.Dims(c.w...))
		conv := op.Conv(x, w, nil, c.o)
		if g.Diags.HasErrors() {
			t.Fatalf("%s: %v", c.label, g.Diags)
		}
		k, err := optest.NewCase(ir.Sample{Label: c.label, Op: conv.Def.Op, In: []ir.Arg{{Dims: c.x}, {Dims: c.w}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := optest.Gradient(k); err != nil {
			t.Error(err)
		}
	}
}

// TestConvGradRefuses: arguments that no convolution has are a diagnostic and an invalid value, not a panic.
func TestConvGradRefuses(t *testing.T) {
	g := ir.New("refuse")
	dy, w := g.Input("dy", ir.Float32, ir.Dims(2, 3, 4, 4)), g.Input("w", ir.Float32, ir.Dims(3, 2, 9, 9))
	x := g.Input("x", ir.Float32, ir.Dims(2, 2, 4, 4))
	for i, v := range []*ir.Value{op.ConvInputGrad(dy, w, x.Shape, op.ConvOptions{}), op.ConvWeightGrad(x, dy, w.Shape, op.ConvOptions{})} {
		if v.Valid() {
			t.Errorf("gradient %d of a filter larger than its input = %s, want an invalid value", i, v)
		}
	}
	const want = "no convolution of [2, 2, 4, 4] with filters [3, 2, 9, 9] has the output gradient [2, 3, 4, 4]"
	if len(g.Diags) != 2 || !strings.Contains(g.Diags[0].Detail, "ConvInputGrad: "+want) || !strings.Contains(g.Diags[1].Detail, "ConvWeightGrad: "+want) {
		t.Errorf("diagnostics = %v, want one for each gradient with %q", g.Diags, want)
	}
}
