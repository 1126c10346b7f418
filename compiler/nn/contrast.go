package nn

import (
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Similarities are the products of the rows of q with those of k. Shapes: q [row, dim], k [candidate, dim]; result [row, candidate].
func Similarities(q, k *ir.Value) *ir.Value { return op.MatMul(q, op.Transpose(k, 1, 0)) }

// Others is s, similarities of rows with themselves, where a row no longer counts as its own candidate: its similarity is so low that the exponential over any temperature in use is 0. Shapes: [row, row], as s.
func Others(s *ir.Value) *ir.Value {
	if !s.Valid() {
		return s
	}
	return op.Add(s, op.Const(s.Graph(), diagonal(s.Shape[0].Size)))
}

// diagonal is the square matrix that takes a row out of its own candidates.
func diagonal(n int) *ir.Tensor {
	const masked = -1e4
	t := ir.NewTensor(ir.Float32, n, n)
	for i := range n {
		t.Data[i*n+i] = masked
	}
	return t
}

// worthwhile is the number of similarities from which they are better not kept: 8 MiB of them. Fewer stay near the processor, and to make them again for each gradient costs more than it saves: with 512 x 512 of them, 1 % of a
// step of SimCLR's example.
const worthwhile = 1 << 21

// InfoNCE is the cross-entropy of finding each row's target, a column, by the similarities s over the temperature. Where s is large, and is what Similarities made, alone, through Others, or behind a column with all targets in it,
// the loss is computed from queries and keys, and nobody needs to keep s: see fn.InfoNCE. Shapes: s [row, candidate], target [row] int64; result [].
func InfoNCE(s, target *ir.Value, temperature float64) *ir.Value {
	return infoNCE(s, target, temperature, worthwhile)
}

// infoNCE keeps fewer than least similarities.
func infoNCE(s, target *ir.Value, temperature float64, least int64) *ir.Value {
	if s.Valid() && s.Shape.Size() >= least {
		if q, k, mask := factors(s); q != nil {
			return fn.InfoNCE(q, k, target, nil, temperature, mask)
		}
		if parts := operands(s, "Concat"); len(parts) == 2 && parts[0].Shape[0].Size == s.Shape[0].Size && parts[0].Shape[1].Size == 1 && first(target) {
			if q, k, mask := factors(parts[1]); q != nil && !mask {
				return fn.InfoNCE(q, k, nil, parts[0], temperature, false)
			}
		}
	}
	return fn.CrossEntropy(op.Mul(s, op.Scalar(s, 1/temperature)), target)
}

// factors are the q and k of Similarities, nil where s is made otherwise; mask tells whether through Others.
func factors(s *ir.Value) (q, k *ir.Value, mask bool) {
	if sum := operands(s, "Add"); sum != nil {
		c := sum[1].Const()
		if c == nil || !slices.Equal(c.Dims, s.Shape.Sizes()) || c.Dims[0] != c.Dims[1] || !slices.Equal(c.Data, diagonal(c.Dims[0]).Data) {
			return nil, nil, false
		}
		s, mask = sum[0], true
	}
	if product := operands(s, "MatMul"); product != nil {
		q, turned := product[0], operands(product[1], "Transpose")
		if turned == nil || len(q.Shape) != 2 {
			return nil, nil, false
		}
		if order, _ := ir.Attribute(product[1].Def.Op, "perm").([]int); slices.Equal(order, []int{1, 0}) {
			return q, turned[0], mask
		}
	}
	return nil, nil, false
}

// operands are what the standard operator of that name makes v of, nil where another does.
func operands(v *ir.Value, name string) []*ir.Value {
	if v.Def == nil || v.Def.Op.Name() != name || ir.IsFunction(v.Def.Op) {
		return nil
	}
	return v.Def.In
}

// first reports whether all targets are known to be the first column.
func first(target *ir.Value) bool {
	c := target.Const()
	return c != nil && !slices.ContainsFunc(c.Data, func(x float64) bool { return x != 0 })
}
