package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "vicreg",
	Doc: "The embeddings of two views are near each other (invariance), every dimension varies over the batch (variance), and no two vary together (covariance). At the start the loss is about " +
		"std_coeff, when nothing varies; the log shows the three terms.",
	Equation: "loss = λ·mean (z - z')² + μ·Σ_view mean_j relu(1 - sqrt(var_j + 1e-4))/2 + ν·Σ_view Σ_{i≠j} cov_ij²/dim",
	Paper:    schema.Paper{Authors: "Bardes, Ponce, LeCun", Title: "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning", Year: 2021, ID: "2105.04906"},
}, New: func() Head { return &vicreg{} }})

type vicreg struct{ sim, std, cov float64 }

func (h *vicreg) Args(s *schema.Set) {
	s.Float(&h.sim, "sim_coeff", 25, "weight of the invariance, λ of eq. 6", schema.NonNegative)
	s.Float(&h.std, "std_coeff", 25, "weight of the variance, μ", schema.NonNegative)
	s.Float(&h.cov, "cov_coeff", 1, "weight of the covariance, ν", schema.NonNegative)
}

// Loss takes the embeddings of two views, [batch, dim] each. Variance and covariance are those of a sample, divided by batch-1.
func (h *vicreg) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "vicreg", in, 2, 2) {
		return failed(s)
	}
	if in[0].Shape[0].Size < 2 {
		s.B.G.Errorf("Batch too small", "The variance over a batch of %d is not defined. Write a batch_size of 2 or more.", in[0].Shape[0].Size)
		return failed(s)
	}
	apart := op.Sub(in[0], in[1])
	invariance := op.ReduceMean(op.Mul(apart, apart), false)
	var spreads, covariances []*ir.Value
	for _, z := range in {
		spread, covariance := moments(z)
		spreads, covariances = append(spreads, spread), append(covariances, covariance)
	}
	variance, covariance := op.Sum(spreads...), op.Sum(covariances...)
	s.B.Metric("invariance", invariance)
	s.B.Metric("variance", variance)
	s.B.Metric("covariance", covariance)
	weigh := func(x *ir.Value, w float64) *ir.Value { return op.Mul(x, op.Scalar(x, w)) }
	return op.Sum(weigh(invariance, h.sim), weigh(variance, h.std), weigh(covariance, h.cov))
}

// moments are the terms of one view: half the mean shortfall of the deviations from 1, and the mean over the dimensions of the squared covariances with the others.
func moments(z *ir.Value) (spread, covariance *ir.Value) {
	z = op.Sub(z, op.ReduceMean(z, true, 0))
	share := op.Scalar(z, 1/float64(z.Shape[0].Size-1))
	variances := op.Mul(op.ReduceSumSquare(z, false, 0), share)
	deviations := op.Sqrt(op.Add(variances, op.Scalar(variances, 1e-4)))
	short := op.Relu(op.Sub(op.Scalar(deviations, 1), deviations))
	spread = op.Mul(op.ReduceMean(short, false), op.Scalar(short, 0.5))
	c := op.Mul(op.MatMul(op.Transpose(z, 1, 0), z), share)
	off := op.Sub(fn.SumSquares(c), fn.SumSquares(variances))
	return spread, op.Mul(off, op.Scalar(off, 1/float64(z.Shape[1].Size)))
}
