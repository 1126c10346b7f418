package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "latent_cross_correlation",
	Doc:      "The cross-correlation of the embeddings of two views must be the identity: each dimension agrees with itself and tells nothing of the others.",
	Equation: "loss = Σ_i (C_ii - 1)² + λ Σ_{i≠j} C_ij², C = z̃ᵀ z̃' / batch, z̃ standardised over the batch; from 0 to about the number of dimensions",
	Paper:    schema.Paper{Authors: "Zbontar, Jing, Misra, LeCun, Deny", Title: "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", Year: 2021, ID: "2103.03230"},
	Before:   "head=dict(type='LatentCrossCorrelationHead', in_channels=8192, lambd=0.0051)",
}, New: func() Head { return &latentCrossCorrelation{} }})

type latentCrossCorrelation struct {
	in     int
	lambda float64
}

func (h *latentCrossCorrelation) Args(s *schema.Set) {
	s.Int(&h.in, "in_channels", 0, "size of the embeddings; 0 takes it as it comes", schema.NonNegative)
	s.Float(&h.lambda, "lambd", 0.0051, "weight of the terms off the diagonal, λ of eq. 1", schema.NonNegative)
}

// Loss takes the embeddings of two views, [batch, dim] each. The diagonal is summed by itself, so that no matrix of its shape is needed.
func (h *latentCrossCorrelation) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "latent_cross_correlation", in, 2, 2) || !declared(s, h, "in_channels", h.in, in[0]) {
		return failed(s)
	}
	a, b := nn.Standardize(in[0], 1e-5), nn.Standardize(in[1], 1e-5)
	share := op.Scalar(a, 1/float64(a.Shape[0].Size))
	c := op.Mul(op.MatMul(op.Transpose(a, 1, 0), b), share)
	diagonal := op.Mul(op.ReduceSum(op.Mul(a, b), false, 0), share)
	on := fn.SumSquares(op.Sub(diagonal, op.Scalar(diagonal, 1)))
	off := op.Sub(fn.SumSquares(c), fn.SumSquares(diagonal))
	return op.Add(on, op.Mul(off, op.Scalar(off, h.lambda)))
}

// declared compares a size that is written down with that of the head's input; 0 accepts anything.
func declared(s nn.Scope, h Head, arg string, want int, x *ir.Value) bool {
	got := x.Shape[1].Size
	if want > 0 && got != want {
		s.Errorf(h, arg, "Shape mismatch", "The head is declared with %s = %d, but its input is %s. Write %s = %d, or leave the argument out.", arg, want, x.Shape, arg, got)
		return false
	}
	return true
}
