package nn_test

import (
	"math"
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
)

// TestInfoNCE: the loss of similarities is the same however they were made, and computed from queries and keys where they are products of them.
func TestInfoNCE(t *testing.T) {
	const temperature = 0.25
	second := []int{1, 1, 1}
	for _, c := range []struct {
		name         string
		similarities func(q, k, positive *ir.Value) *ir.Value
		target       []int
		want         string
	}{
		{"products", func(q, k, _ *ir.Value) *ir.Value { return nn.Similarities(q, k) }, []int{1, 2, 0}, "InfoNCE"},
		{"others", func(q, _, _ *ir.Value) *ir.Value { return nn.Others(nn.Similarities(q, q)) }, []int{1, 2, 0}, "InfoNCE"},
		{"beside", func(q, k, p *ir.Value) *ir.Value { return op.Concat(1, p, nn.Similarities(q, k)) }, []int{0, 0, 0}, "InfoNCE"},
		{"beside, another target", func(q, k, p *ir.Value) *ir.Value { return op.Concat(1, p, nn.Similarities(q, k)) }, second, "CrossEntropy"},
		{"beside others", func(q, _, p *ir.Value) *ir.Value { return op.Concat(1, p, nn.Others(nn.Similarities(q, q))) }, []int{0, 0, 0}, "CrossEntropy"},
		{"above", func(q, k, p *ir.Value) *ir.Value {
			return op.Concat(0, p, nn.Similarities(q, op.Gather(k, op.ConstInts(k.Graph(), 0), 0)))
		}, make([]int, 6), "CrossEntropy"},
		{"another sum", func(q, k, p *ir.Value) *ir.Value { return op.Add(nn.Similarities(q, k), p) }, second, "CrossEntropy"},
		{"another constant", func(q, _, _ *ir.Value) *ir.Value {
			return op.Add(nn.Similarities(q, q), op.Const(q.Graph(), floats([]int{3, 3}, 0, 1, 0, 0, 0, 0, 0, 0, 0)))
		}, second, "CrossEntropy"},
		{"not turned round", func(q, k, _ *ir.Value) *ir.Value { return op.MatMul(q, op.Transpose(op.Transpose(k, 1, 0), 0, 1)) }, second, "CrossEntropy"},
	} {
		b := builder()
		q, k := b.G.Input("q", ir.Float32, ir.Named("row", 3, "dim", 2)), b.G.Input("k", ir.Float32, ir.Named("candidate", 4, "dim", 2))
		s := c.similarities(q, k, b.G.Input("positive", ir.Float32, ir.Named("row", 3, "positive", 1)))
		target := op.ConstInts(b.G, c.target...)
		loss := nn.InfoNCEFrom(s, target, temperature, 0)
		if got := loss.Def.Op.Name(); got != c.want {
			t.Errorf("%s: the loss is computed by %s, want %s", c.name, got, c.want)
		}
		feeds := map[string]*ir.Tensor{"q": floats([]int{3, 2}, 1, 0, 0.6, 0.8, -0.8, 0.6), "k": floats([]int{4, 2}, 0, 1, 0.8, 0.6, -1, 0, 0, -1), "positive": floats([]int{3, 1}, 0.9, -0.3, 0.5)}
		out := evaluate(t, b, feeds, loss, fn.CrossEntropy(op.Mul(s, op.Scalar(s, 1/temperature)), target))
		if kept := nn.InfoNCE(s, target, temperature).Def.Op.Name(); kept != "CrossEntropy" {
			t.Errorf("%s: the loss of so few similarities is computed by %s, want CrossEntropy", c.name, kept)
		}
		if math.Abs(out[0][0]-out[1][0]) > 1e-12 {
			t.Errorf("%s: the loss is %v, want %v, the cross-entropy of the similarities", c.name, out[0][0], out[1][0])
		}
	}
}
