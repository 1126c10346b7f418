package pass_test

import (
	"testing"

	"ssc/compiler/pass"
)

func TestCost(t *testing.T) {
	const conv = "strides=[1, 1], pads=[1, 1, 1, 1], dilations=[1, 1], group=1"
	tests := []struct {
		name, graph  string
		flops, bytes int64
	}{
		{"elements", "in %x: f32[2, 3]\nin %y: f32[3]\n%o: f32[2, 3] = Add(%x, %y)", 6, 24 + 12 + 24},
		{"bool", "in %x: f32[6]\n%o: bool[6] = Greater(%x, %x)", 6, 24 + 24 + 6},
		{"view", "in %x: f32[6]\n%s: i64[1] = Constant() {value=i64[1](0)}\n%o: f32[1, 6] = Unsqueeze(%x, %s)", 0, 0},
		{"constant", "%o: f32[2] = Constant() {value=f32[2](1, 2)}", 0, 0},
		{"matrix product", "in %x: f32[5, 2, 3]\nin %y: f32[3, 7]\n%o: f32[5, 2, 7] = MatMul(%x, %y)", 2 * 5 * 2 * 3 * 7, 4 * (30 + 21 + 70)},
		{"dot product", "in %x: f32[3]\nin %y: f32[3]\n%o: f32[] = MatMul(%x, %y)", 6, 4 * 7},
		{"gemm", "in %x: f32[3, 2]\nin %y: f32[7, 3]\n%o: f32[2, 7] = Gemm(%x, %y, _) {alpha=1, beta=1, transA=true, transB=true}", 2 * 2 * 3 * 7, 4 * (6 + 21 + 14)},
		{"reduction", "in %x: f32[6]\n%o: f32[] = ReduceSum(%x, _) {keepdims=false}", 6, 28},
		{"pool", "in %x: f32[1, 2, 4, 4]\n%o: f32[1, 2, 2, 2] = AveragePool(%x) {kernel_shape=[2, 2], strides=[2, 2]}", 32, 4 * (32 + 8)},
		{"convolution", "in %x: f32[2, 3, 8, 8]\nin %w: f32[5, 3, 3, 3]\n%o: f32[2, 5, 8, 8] = ai.ssc.Conv(%x, %w, _) {" + conv + "}", 2 * 640 * 27, 4 * (384 + 135 + 640)},
		{"input gradient", "in %d: f32[2, 5, 8, 8]\nin %w: f32[5, 3, 3, 3]\n%o: f32[2, 3, 8, 8] = ai.ssc.ConvInputGrad(%d, %w) {" + conv + ", input_shape=[2, 3, 8, 8]}", 2 * 640 * 27, 4 * (384 + 135 + 640)},
		{"weight gradient", "in %x: f32[2, 3, 8, 8]\nin %d: f32[2, 5, 8, 8]\n%o: f32[5, 3, 3, 3] = ai.ssc.ConvWeightGrad(%x, %d) {" + conv + ", weight_shape=[5, 3, 3, 3]}", 2 * 640 * 27, 4 * (384 + 135 + 640)},
		{"symbolic batch", "in %x: f32[batch, 3]\n%o: f32[batch, 3] = Exp(%x)", 3, 24},
	}
	for _, tt := range tests {
		g := parse(t, "graph g {\n"+tt.graph+"\nout %o\n}", tt.name)
		flops, bytes := pass.Cost(g.Nodes[len(g.Nodes)-1])
		if flops != tt.flops || bytes != tt.bytes {
			t.Errorf("%s: Cost = %d operations, %d bytes, want %d and %d", tt.name, flops, bytes, tt.flops, tt.bytes)
		}
		if f, b := pass.Total(g); f != flops || b != bytes {
			t.Errorf("%s: Total = %d, %d, want that of its one node that costs, %d, %d", tt.name, f, b, flops, bytes)
		}
	}
}

// TestCostOfBody checks that a function without a count of its own costs what its body does: two products, a sum, of 6 elements each, twice.
func TestCostOfBody(t *testing.T) {
	g := parse(t, "graph g {\nin %x: f32[2, 3]\n%a: f32[2, 3] = Exp(%x)\n%o: f32[2, 3] = Neg(%a)\nout %o\n}", "g")
	v := g.Apply(pair{}, g.Nodes[0].Out[0], g.Inputs[0])[0]
	if flops, bytes := pass.Cost(v.Def); flops != 3*6 || bytes != 3*24 {
		t.Errorf("Cost(Pair) = %d operations, %d bytes, want 18 and 72", flops, bytes)
	}
}
