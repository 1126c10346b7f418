package nn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Sinkhorn assigns rows to columns softly and evenly: exp(scores/eps), scaled in turns so that all columns have equal sums and all rows sum to 1, which they do at the end. Rows where keep, [row, 1], is 0 take
// no part and give zeros; a nil keep keeps all. Shapes: scores [row, column] to the same.
//
// Cuturi 2013; Caron et al. 2020, section 3. The largest score is taken away before the exponential, which changes nothing but the range of numbers.
func Sinkhorn(scores, keep *ir.Value, eps float64, iterations int) *ir.Value {
	scaled := op.Mul(op.Sub(scores, op.ReduceMax(scores, true, 0, 1)), op.Scalar(scores, 1/eps))
	q := op.Exp(scaled)
	if keep != nil {
		q = op.Mul(q, keep)
	}
	least := op.Scalar(q, 1e-30) // of a sum that is divided by: a column or row that has nothing keeps nothing
	for range iterations {
		q = op.Div(q, op.Max(op.ReduceSum(q, true, 0), least))
		q = op.Div(q, op.Max(op.ReduceSum(q, true, 1), least))
	}
	return q
}
