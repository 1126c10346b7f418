package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// InfoNCE is the loss of finding each query's positive among candidates by similarity: the mean over the queries of -log( exp(s_p/τ) / Σ_j exp(s_j/τ) ), where s_j is the product of the query with key j and p the positive.
// The positive is the key that target names or, where target is nil, a further candidate, the first, whose similarity is positive. With mask, key i is no candidate of query i: NT-Xent. The matrix of similarities is never whole
// in memory. van den Oord et al. 2018, eq. 4; Chen et al. 2020, eq. 1.
//
// Shapes: q [row, dim], k [candidate, dim], target [row] int64 in [0, candidate), positive [row, 1]; result [].
func InfoNCE(q, k, target, positive *ir.Value, temperature float64, mask bool) *ir.Value {
	return ir.Apply(infoNCE{Temperature: temperature, Mask: mask}, q, k, target, positive)[0]
}

type infoNCE struct {
	Temperature float64 `attr:"temperature"`
	Mask        bool    `attr:"mask_diagonal,omitempty"`
}

var _ = register(infoNCE{Temperature: 1})

func (infoNCE) Name() string { return "InfoNCE" }

// MaxOutputs counts the loss and the logarithms of the softmax's denominators.
func (infoNCE) MaxOutputs() int { return 2 }

func (infoNCE) Doc() ir.Doc {
	return ir.Doc{Text: "Cross-entropy of similarities: the mean over the queries, q [row, dim], of -log( exp(s_p/τ) / Σ_j exp(s_j/τ) ), τ the temperature, s_j the product of the query with key j of k [candidate, dim]. The positive p of each query is the key that target, [row] int64, names or, where that is absent, " +
		"a candidate before all keys with the similarities positive, [row, 1]. With mask_diagonal key i is no candidate of query i. The second result, [row], is the logarithm of the softmax's denominator, which the gradients need.",
		Samples: infoNCESamples(func(f infoNCE, q, k, target, positive ir.Arg) ir.Sample {
			return ir.Sample{Op: f, In: []ir.Arg{q, k, target, positive}}
		})}
}

// infoNCESamples are the calls that the three functions are checked on; target or positive is absent.
func infoNCESamples(make func(f infoNCE, q, k, target, positive ir.Arg) ir.Sample) []ir.Sample {
	matrix := func(rows, dim int) ir.Arg { return ir.Arg{Dims: []int{rows, dim}} }
	among := func(label string, f infoNCE, candidates, dim int, target ...int) ir.Sample {
		s := make(f, matrix(len(target), dim), matrix(candidates, dim), ir.Arg{Dims: []int{len(target)}, Value: ir.Ints(target...)}, ir.Arg{})
		s.Label = label
		return s
	}
	beside := func(label string, f infoNCE, rows, candidates, dim int) ir.Sample {
		s := make(f, matrix(rows, dim), matrix(candidates, dim), ir.Arg{}, matrix(rows, 1))
		s.Label = label
		return s
	}
	return []ir.Sample{
		among("wide", infoNCE{Temperature: 0.5}, 5, 4, 0, 4, 2),
		among("tall", infoNCE{Temperature: 0.5}, 2, 3, 1, 0, 0, 1, 1, 0),
		among("thin", infoNCE{Temperature: 2}, 1, 1, 0, 0),
		among("masked", infoNCE{Temperature: 0.5, Mask: true}, 4, 3, 2, 3, 0, 1),
		among("masked and wide", infoNCE{Temperature: 0.5, Mask: true}, 5, 1, 3, 4),
		beside("positive beside", infoNCE{Temperature: 0.2}, 3, 5, 4),
		beside("one negative", infoNCE{Temperature: 1}, 4, 1, 2),
	}
}

func (f infoNCE) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of the product.
func (infoNCE) FLOPs(n *ir.Node) int64 { return infoNCEProduct(n.In[0], n.In[1]) }

// infoNCEProduct is what all similarities take.
func infoNCEProduct(q, k *ir.Value) int64 { return 2 * q.Shape.Size() * k.Shape[:1].Size() }

// Scratch is that of the kernel: for each row two numbers of each tile and the positive's logit; and a tile.
func (infoNCE) Scratch(n *ir.Node) Scratch {
	t := infoNCETilesOf(n.In[0], n.In[1])
	return Scratch{Once: t.rows * (2*t.across() + 1) * floatBytes, Each: t.each, Tasks: t.down() * t.across()}
}

// infoNCETiles are the tiles of the matrix of similarities that the kernels work on, and what one takes: kernels/info_nce.h.
type infoNCETiles struct{ rows, candidates, height, width, each int64 }

func infoNCETilesOf(q, k *ir.Value) infoNCETiles {
	t := infoNCETiles{rows: q.Shape[:1].Size(), candidates: k.Shape[:1].Size()}
	t.height, t.width = even(t.rows, 128), even(t.candidates, 512)
	t.each = t.height*t.width*floatBytes + wideBytes(q, (t.height+t.width)*q.Shape[1:].Size())
	return t
}

// down and across are how many tiles lie below and beside each other.
func (t infoNCETiles) down() int64   { return pieces(t.rows, t.height) }
func (t infoNCETiles) across() int64 { return pieces(t.candidates, t.width) }

// gradient is the scratch for the gradient of x, on the side of the matrix with so many tiles: parts are summed in the end.
func (t infoNCETiles) gradient(x *ir.Value, mine, others int64) Scratch {
	parts := pieces(others, pieces(others, max(1, min(others, 32/mine))))
	s := Scratch{Each: t.each, Tasks: mine * parts}
	if parts > 1 || x.DType != ir.Float32 {
		s.Once = parts * x.Shape.Size() * floatBytes
	}
	return s
}

func (f infoNCE) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	d, lse, in := dy[0], n.Out[1], n.In
	if d == nil {
		d = op.Mul(n.Out[0], op.Scalar(n.Out[0], 0))
	}
	dq := ir.Apply(infoNCEQueryGrad(f), in[0], in[1], at(in, 2), d, lse, dy[1], at(in, 3))
	out := []*ir.Value{dq[0], ir.Apply1(infoNCEKeyGrad(f), in[0], in[1], at(in, 2), d, lse, dy[1]), nil, nil}
	if at(in, 3) != nil {
		out[3] = dq[1]
	}
	return out[:len(in)]
}

func (f infoNCE) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f infoNCE) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	target, positive := at(in, 2), at(in, 3)
	logits := f.logits(in[0], in[1])
	var found *ir.Value
	switch {
	case target != nil && positive == nil:
		found = op.GatherElements(logits, op.Unsqueeze(target, 1), 1)
	case target == nil && positive != nil:
		found = f.soften(positive)
		logits = op.Concat(1, found, logits)
	default:
		logits.Graph().Errorf("Shape mismatch", "InfoNCE takes a target or a positive beside the keys, and not both.")
		return []*ir.Value{logits.Graph().InvalidValue()}
	}
	lse := op.ReduceLogSumExp(logits, true, -1)
	return []*ir.Value{op.ReduceMean(op.Sub(lse, found), false), op.Squeeze(lse, 1)}
}

// logits are similarities over the temperature, [row, candidate]. Those that do not count are so low that their exponentials are 0.
func (f infoNCE) logits(q, k *ir.Value) *ir.Value {
	logits := f.soften(op.MatMul(q, op.Transpose(k, 1, 0)))
	if !f.Mask {
		return logits
	}
	own := op.Equal(op.Unsqueeze(numbers(q), 1), numbers(k))
	return op.Where(own, op.Scalar(logits, -1e30), logits)
}

func (f infoNCE) soften(x *ir.Value) *ir.Value { return op.Mul(x, op.Scalar(x, 1/f.Temperature)) }

// numbers are those of the rows of x.
func numbers(x *ir.Value) *ir.Value { return op.ConstInts(x.Graph(), seq(x.Shape[0].Size)...) }

// Narrow: q and k; the positive's similarity and the results are not.
func (infoNCE) Narrow() (in, out []int, begins bool) { return []int{0, 1}, nil, false }
