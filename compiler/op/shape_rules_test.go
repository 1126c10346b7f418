package op_test

import (
	"strings"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// images is an input with a symbolic batch.
func images(g *ir.Graph) *ir.Value {
	return g.Input("x", ir.Float32, ir.Shape{{Name: "batch", Size: -1}, {Name: "channel", Size: 4}, {Name: "height", Size: 8}, {Name: "width", Size: 6}})
}

func weights(g *ir.Graph, dims ...int) *ir.Value {
	return op.ConstantOfShape(g, ir.Float32, ir.Dims(dims...), 1)
}

// TestSymbolicBatch: a batch of unknown size passes through, and axes keep their names.
func TestSymbolicBatch(t *testing.T) {
	two := []int{2, 2}
	for name, c := range map[string]struct {
		build func(g *ir.Graph, x *ir.Value) *ir.Value
		want  string
	}{
		"Conv": {func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.Conv(x, weights(g, 16, 4, 3, 3), weights(g, 16), op.ConvOptions{Strides: two, Pads: []int{1, 1, 1, 1}})
		}, "[batch, channel=16, height=4, width=3]"},
		"ConvTranspose": {func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.ConvTranspose(x, weights(g, 4, 2, 2, 2), nil, op.ConvTransposeOptions{Strides: two})
		}, "[batch, channel=2, height=16, width=12]"},
		"MaxPool": {func(_ *ir.Graph, x *ir.Value) *ir.Value {
			return op.MaxPool(x, op.PoolOptions{KernelShape: two, Strides: two})
		}, "[batch, channel=4, height=4, width=3]"},
		"AveragePool":       {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.AveragePool(x, op.PoolOptions{KernelShape: two}) }, "[batch, channel=4, height=7, width=5]"},
		"GlobalAveragePool": {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.GlobalAveragePool(x) }, "[batch, channel=4, height=1, width=1]"},
		"Flatten":           {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Flatten(x, 1) }, "[batch, 192]"},
		"MatMul":            {func(g *ir.Graph, x *ir.Value) *ir.Value { return op.MatMul(x, weights(g, 6, 5)) }, "[batch, channel=4, height=8, 5]"},
		"Gemm": {func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.Gemm(op.Flatten(x, 1), weights(g, 10, 192), weights(g, 10), op.GemmOptions{TransB: true})
		}, "[batch, 10]"},
		"Concat": {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Concat(1, x, x) }, "[batch, channel=8, height=8, width=6]"},
		"Split":  {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Split(x, 1, 1, 3)[1] }, "[batch, channel=3, height=8, width=6]"},
		"Slice": {func(_ *ir.Graph, x *ir.Value) *ir.Value {
			return op.Slice(x, op.SliceOptions{Starts: []int{1}, Ends: []int{-1}, Axes: []int{2}})
		}, "[batch, channel=4, height=6, width=6]"},
		"Pad":       {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Pad(x, []int{1, 2}, op.PadOptions{Axes: []int{3}}) }, "[batch, channel=4, height=8, width=9]"},
		"Transpose": {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Transpose(x, 0, 2, 3, 1) }, "[batch, height=8, width=6, channel=4]"},
		"Squeeze":   {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Squeeze(op.GlobalAveragePool(x), 2, 3) }, "[batch, channel=4]"},
		"Softmax":   {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Softmax(x, 1) }, "[batch, channel=4, height=8, width=6]"},
		"Gather":    {func(g *ir.Graph, x *ir.Value) *ir.Value { return op.Gather(x, op.ConstInts(g, 0, 2), 1) }, "[batch, 2, height=8, width=6]"},
		"Tile":      {func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Tile(x, 1, 2, 1, 1) }, "[batch, channel=8, height=8, width=6]"},
		"Resize": {func(_ *ir.Graph, x *ir.Value) *ir.Value {
			return op.Resize(x, []int{2, 3}, []int{16, 12}, op.ResizeOptions{Mode: "linear"})
		}, "[batch, channel=4, height=16, width=12]"},
		"BatchNormalization": {func(g *ir.Graph, x *ir.Value) *ir.Value {
			c := weights(g, 4)
			return op.BatchNormalization(x, c, c, c, c, 1e-5)
		}, "[batch, channel=4, height=8, width=6]"},
	} {
		g := ir.New(name)
		v := c.build(g, images(g))
		if g.Diags.HasErrors() {
			t.Errorf("%s: %v", name, g.Diags)
		} else if got := v.Shape.String(); got != c.want {
			t.Errorf("%s of a symbolic batch = %s, want %s", name, got, c.want)
		}
	}
}

// TestShapeErrors: a wrong call is one diagnostic that says what was found and what would fit; what is built on it stays silent.
func TestShapeErrors(t *testing.T) {
	for _, c := range []struct {
		build func(g *ir.Graph, x *ir.Value) *ir.Value
		want  string
	}{
		{func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.Conv(x, weights(g, 8, 3, 3, 3), nil, op.ConvOptions{})
		},
			"Conv: input [batch, channel=4, height=8, width=6] has 4 channels, but filters [8, 3, 3, 3] with group 1 read 3; filters of [8, 4, …] would fit."},
		{func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.Conv(x, weights(g, 8, 4, 7, 7), nil, op.ConvOptions{})
		},
			"Conv: input [batch, channel=4, height=8, width=6]: a kernel of 7 with dilation 1 spans 7 positions, but axis 3 has only 6 with 0 of padding; a kernel of at most 6 fits."},
		{func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.Conv(x, weights(g, 8, 4, 3, 3), weights(g, 7), op.ConvOptions{})
		}, "Conv: bias [7] does not fit filters [8, 4, 3, 3]; a bias of [8] would."},
		{func(g *ir.Graph, x *ir.Value) *ir.Value { return op.MatMul(x, weights(g, 5, 2)) },
			"MatMul: [batch, channel=4, height=8, width=6] and [5, 2] do not multiply: the left has width=6 columns, the right 5 rows; the right must be [width=6, …]."},
		{func(g *ir.Graph, x *ir.Value) *ir.Value {
			return op.Gemm(op.Flatten(x, 1), weights(g, 10, 100), nil, op.GemmOptions{TransB: true})
		}, "Gemm: [batch, 192] and [10, 100] do not multiply (transA=false, transB=true): sums run over 192 and 100; a right side of […, 192] would fit."},
		{func(g *ir.Graph, x *ir.Value) *ir.Value { return op.Concat(1, x, weights(g, 2, 4, 8, 5)) },
			"Concat: inputs 0 and 1 are [batch, channel=4, height=8, width=6] and [2, 4, 8, 5]: they join along axis 1, so axis 0 must be batch in both."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Split(x, 1, 2, 3)[1] },
			"Split: splitting axis 1 of [batch, channel=4, height=8, width=6]: sizes [2 3] add up to 5, not to the axis's 4."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Squeeze(x, 1) },
			"Squeeze: squeezing [batch, channel=4, height=8, width=6]: axis 1 has size channel=4, not 1."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Transpose(x, 0, 2, 1) },
			"Transpose: input [batch, channel=4, height=8, width=6]: perm [0 2 1] is not a permutation of 4 axes."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Flatten(x, 2) }, "Flatten: the axes [batch, channel=4] cannot be joined, one of them is symbolic."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Softmax(x, 4) }, "Softmax: input [batch, channel=4, height=8, width=6]: axis 4 is outside rank 4."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value {
			return op.MaxPool(x, op.PoolOptions{KernelShape: []int{2, 2}, Pads: []int{2, 0, 0, 0}})
		}, "MaxPool: pads [2 0 0 0] leave windows without input; pads below the kernel [2 2] fit."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value {
			return op.AveragePool(x, op.PoolOptions{KernelShape: []int{2}})
		},
			"AveragePool: [batch, channel=4, height=8, width=6] has 2 spatial axes; kernel [2], strides [1 1] and dilations [1 1] need one number for each, pads [0 0 0 0] two."},
		{func(g *ir.Graph, x *ir.Value) *ir.Value { return op.Gather(x, op.ConstInts(g, 4), 1) },
			"Gather: index 4 is outside axis 1 of [batch, channel=4, height=8, width=6]."},
		{func(_ *ir.Graph, x *ir.Value) *ir.Value { return op.Einsum("bchw,cd->bd", x, x) },
			"Einsum: equation \"bchw,cd->bd\": operand 1 has 4 axes, not 2."},
	} {
		g := ir.New("wrong")
		v := c.build(g, images(g))
		op.Add(v, v)
		if v.Valid() || len(g.Diags) != 1 || g.Diags[0].Detail != c.want {
			t.Errorf("diagnostics = %v, want the one %q", strings.TrimSpace(g.Diags.Error()), c.want)
		}
	}
}
