package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type infoNCEQueryGrad struct {
	Temperature float64 `attr:"temperature"`
	Mask        bool    `attr:"mask_diagonal,omitempty"`
}

var _ = register(infoNCEQueryGrad{Temperature: 1})

func (infoNCEQueryGrad) Name() string { return "InfoNCEQueryGrad" }

// MaxOutputs counts the gradients of q and of positive.
func (infoNCEQueryGrad) MaxOutputs() int { return 2 }

func (infoNCEQueryGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradients of InfoNCE with respect to q and to positive, where that is given, from the inputs q, k and target, the gradient dloss and the result lse; the last inputs, which may be absent, are the gradient of lse and positive. " +
		"With ds = (exp(q·kᵀ/τ - lse)·(dloss/rows + dlse) - onehot(target)·dloss/rows)/τ: dq = ds·k.",
		Samples: infoNCEGradSamples(func(f infoNCE, in []ir.Arg) ir.Sample { return ir.Sample{Op: infoNCEQueryGrad(f), In: in} })}
}

// infoNCEGradSamples are the calls that the two gradients are checked on; make takes the inputs q, k, target, dloss, lse, dlse and positive.
func infoNCEGradSamples(make func(f infoNCE, in []ir.Arg) ir.Sample) []ir.Sample {
	return infoNCESamples(func(f infoNCE, q, k, target, positive ir.Arg) ir.Sample {
		rows := q.Dims[:1]
		in := []ir.Arg{q, k, target, {Dims: []int{}}, {Dims: rows, Lo: 1, Hi: 2}, {}, positive}
		if rows[0] > 3 {
			in[5].Dims = rows
		}
		s := make(f, in)
		s.NoGrad = "second derivatives of training are not used"
		return s
	})
}

func (f infoNCEQueryGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of two products.
func (infoNCEQueryGrad) FLOPs(n *ir.Node) int64 { return 2 * infoNCEProduct(n.In[0], n.In[1]) }

// Scratch is that of the kernel.
func (infoNCEQueryGrad) Scratch(n *ir.Node) Scratch {
	t := infoNCETilesOf(n.In[0], n.In[1])
	return t.gradient(n.In[0], t.down(), t.across())
}

func (infoNCEQueryGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f infoNCEQueryGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f infoNCEQueryGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	slopes, share, weight := infoNCE(f).slopes(in)
	out := []*ir.Value{op.MatMul(slopes, in[1])}
	if positive := at(in, 6); positive != nil {
		p := op.Exp(op.Sub(infoNCE(f).soften(positive), op.Unsqueeze(in[4], 1)))
		out = append(out, op.Sub(op.Mul(p, weight), share))
	}
	return out
}

// slopes are the gradients of the similarities, [row, candidate], from the inputs q, k, target, dloss, lse and dlse; share, [], is what the logit of a positive has of them, and weight, [] or [row, 1], what a probability has.
func (f infoNCE) slopes(in []*ir.Value) (slopes, share, weight *ir.Value) {
	q, k, target, dloss, lse := in[0], in[1], in[2], in[3], in[4]
	share = op.Mul(dloss, op.Scalar(dloss, 1/(float64(q.Shape[0].Size)*f.Temperature)))
	weight = share
	if dlse := at(in, 5); dlse != nil {
		weight = op.Add(weight, f.soften(op.Unsqueeze(dlse, 1)))
	}
	slopes = op.Mul(op.Exp(op.Sub(f.logits(q, k), op.Unsqueeze(lse, 1))), weight)
	if target != nil {
		hot := op.Cast(op.Equal(op.Unsqueeze(target, 1), numbers(k)), slopes.DType)
		slopes = op.Sub(slopes, op.Mul(hot, share))
	}
	return slopes, share, weight
}

// Narrow: q, k and the gradient of q.
func (infoNCEQueryGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, false }
