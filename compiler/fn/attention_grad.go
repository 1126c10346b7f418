package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type attentionGrad struct {
	Heads int `attr:"num_heads"`
}

var _ = register(attentionGrad{Heads: 1})

func (attentionGrad) Name() string { return "AttentionGrad" }

// MaxOutputs counts the gradients of q, k and v; for packed inputs there is one.
func (attentionGrad) MaxOutputs() int { return 3 }

func (attentionGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradients of Attention with respect to q, k and v, or to the one input that holds them, given dy, the results y and lse, and the inputs; the last input, which may be absent, is the gradient of lse. " +
		"With p = exp(q·kᵀ/√d - lse) and ds = p·(dy·vᵀ - Σ dy·y + dlse): dq = ds·k/√d, dk = dsᵀ·q/√d, dv = pᵀ·dy. Dao et al. 2022, appendix B.",
		Samples: attentionSamples(func(f attention, q, k, y, lse []int) ir.Sample {
			s := ir.Sample{Op: attentionGrad(f), NoGrad: "second derivatives of training are not used",
				In: []ir.Arg{{Dims: y}, {Dims: y}, {Dims: lse, Lo: 1, Hi: 2}, {Dims: q, Lo: -2, Hi: 2}, {}, {}, {}}}
			if k != nil {
				s.In[4], s.In[5], s.In[6] = ir.Arg{Dims: k, Lo: -2, Hi: 2}, ir.Arg{Dims: k}, ir.Arg{Dims: lse}
			}
			return s
		})}
}

func (f attentionGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of the five products.
func (attentionGrad) FLOPs(n *ir.Node) int64 { return 10 * n.In[1].Shape.Size() * keys(n.In[3:]) }

// Scratch is that of the kernel: two tiles of scores, and of bfloat16 the heads as float32.
func (f attentionGrad) Scratch(n *ir.Node) Scratch {
	tokens, keys := n.In[1].Shape[1:2].Size(), keys(n.In[3:])
	each := even(tokens, 128) * (2*even(keys, 512) + 1) * floatBytes
	return Scratch{Each: each + wideBytes(n.In[0], 4*(tokens+keys)*n.In[1].Shape[2:].Size()/int64(f.Heads)), Tasks: n.In[1].Shape[:1].Size() * int64(f.Heads)}
}

func (attentionGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f attentionGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f attentionGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	a := attention(f)
	dy, y, lse := in[0], in[1], in[2]
	q, k, v := unpack(in[3:])
	p := op.Exp(op.Sub(a.scores(q, k), op.Unsqueeze(lse, -1)))
	dyh := a.split(dy, 0, 2, 1, 3)
	dv := op.MatMul(op.Transpose(p, 0, 1, 3, 2), dyh)
	// Each row of dy·y sums to what the softmax's denominator takes off.
	delta := op.ReduceSum(a.split(op.Mul(dy, y), 0, 2, 1, 3), true, -1)
	if dlse := at(in, 6); dlse != nil {
		delta = op.Sub(delta, op.Unsqueeze(dlse, -1))
	}
	ds := op.Mul(op.Mul(p, op.Sub(op.MatMul(dyh, a.split(v, 0, 2, 3, 1)), delta)), op.Scalar(p, a.scale(q)))
	dq := op.MatMul(ds, a.split(k, 0, 2, 1, 3))
	dk := op.MatMul(op.Transpose(ds, 0, 1, 3, 2), a.split(q, 0, 2, 1, 3))
	if at(in, 4) == nil {
		return []*ir.Value{op.Concat(2, a.join(dq), a.join(dk), a.join(dv))}
	}
	return []*ir.Value{a.join(dq), a.join(dk), a.join(dv)}
}

// Narrow: dy, y, q, k, v and their gradients; lse and its gradient are not.
func (attentionGrad) Narrow() (in, out []int, begins bool) {
	return []int{0, 1, 3, 4, 5}, []int{0, 1, 2}, true
}
