package fn

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Attention is multi-head scaled dot-product attention: softmax(q·kᵀ/√d)·v in each head, d the size of a head. The heads lie side by side in the last axis.
// Vaswani et al. 2017, eq. 1.
//
// Shapes: q and the result [batch, token, dim], k and v [batch, key, dim].
func Attention(q, k, v *ir.Value, heads int) *ir.Value {
	return ir.Apply(attention{Heads: heads}, q, k, v)[0]
}

// SelfAttention is Attention of queries, keys and values that lie side by side, as one linear layer makes them. Shapes: qkv [batch, token, 3·dim]; result
// [batch, token, dim].
func SelfAttention(qkv *ir.Value, heads int) *ir.Value {
	return ir.Apply(attention{Heads: heads}, qkv, nil, nil)[0]
}

type attention struct {
	Heads int `attr:"num_heads"`
}

var _ = register(attention{Heads: 1})

func (attention) Name() string { return "Attention" }

// MaxOutputs counts the result and the logarithms of the softmax's denominators.
func (attention) MaxOutputs() int { return 2 }

func (attention) Doc() ir.Doc {
	return ir.Doc{Text: "Multi-head attention softmax(q·kᵀ/√d)·v, d = dim/num_heads, of q [batch, token, dim] and k, v [batch, key, dim], whose last axis holds the heads one after the other; or of one input [batch, token, 3·dim] that holds q, k and v. The second result, [batch, head, token], is the logarithm of the softmax's denominator, all that the gradient needs beside inputs and result.",
		Samples: attentionSamples(func(f attention, q, k, _, _ []int) ir.Sample {
			s := ir.Sample{Op: f, In: []ir.Arg{{Dims: q, Lo: -2, Hi: 2}, {}, {}}}
			if k != nil {
				s.In[1], s.In[2] = ir.Arg{Dims: k, Lo: -2, Hi: 2}, ir.Arg{Dims: k}
			}
			return s
		})}
}

// attentionSamples are the calls that both functions are checked on; k is nil for a packed q; y and lse are the results.
func attentionSamples(make func(f attention, q, k, y, lse []int) ir.Sample) []ir.Sample {
	packed := func(label string, heads, batch, tokens, dim int) ir.Sample {
		s := make(attention{heads}, []int{batch, tokens, 3 * dim}, nil, []int{batch, tokens, dim}, []int{batch, heads, tokens})
		s.Label = label
		return s
	}
	apart := func(label string, heads, batch, tokens, keys, dim int) ir.Sample {
		q := []int{batch, tokens, dim}
		s := make(attention{heads}, q, []int{batch, keys, dim}, q, []int{batch, heads, tokens})
		s.Label = label
		return s
	}
	return []ir.Sample{packed("packed", 2, 2, 5, 6), packed("one head", 1, 2, 3, 4), packed("thin", 3, 1, 1, 3), apart("cross", 2, 2, 3, 5, 4), apart("one key", 1, 2, 4, 1, 2)}
}

func (f attention) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of the two products.
func (attention) FLOPs(n *ir.Node) int64 { return 4 * n.Out[0].Shape.Size() * keys(n.In) }

// keys is the number of tokens that each token looks at.
func keys(in []*ir.Value) int64 {
	k := at(in, 1)
	if k == nil {
		k = in[0]
	}
	return k.Shape[1:2].Size()
}

// Scratch is that of the kernel: a tile of the scores, and of bfloat16 the heads as float32.
func (f attention) Scratch(n *ir.Node) Scratch {
	tokens, keys := n.Out[0].Shape[1:2].Size(), keys(n.In)
	rows, columns := even(tokens, 128), even(keys, 512)
	s := Scratch{Each: rows * (columns + 2) * floatBytes, Tasks: n.Out[0].Shape[:1].Size() * int64(f.Heads)}
	if n.In[0].DType == ir.Float32 {
		s.Tasks *= pieces(tokens, rows)
	}
	s.Each += wideBytes(n.In[0], 2*(tokens+keys)*n.Out[0].Shape[2:].Size()/int64(f.Heads))
	return s
}

func (f attention) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y, d, in := n.Out[0], dy[0], n.In
	if d == nil {
		d = op.Mul(y, op.Scalar(y, 0))
	}
	o := ir.Apply(attentionGrad(f), d, y, n.Out[1], in[0], at(in, 1), at(in, 2), dy[1])
	for len(o) < len(in) {
		o = append(o, nil)
	}
	return o
}

func (f attention) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f attention) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	q, k, v := unpack(in)
	scores := f.scores(q, k)
	y := op.MatMul(op.Softmax(scores, -1), f.split(v, 0, 2, 1, 3))
	return []*ir.Value{f.join(y), op.ReduceLogSumExp(scores, false, -1)}
}

// unpack gives q, k and v of the inputs q, k, v or qkv.
func unpack(in []*ir.Value) (q, k, v *ir.Value) {
	if at(in, 1) != nil {
		return in[0], in[1], in[2]
	}
	parts := op.SplitEvenly(in[0], 2, 3)
	return parts[0], parts[1], parts[2]
}

// scores are q·kᵀ/√d: [batch, head, token, key].
func (f attention) scores(q, k *ir.Value) *ir.Value {
	scaled := op.Mul(q, op.Scalar(q, f.scale(q)))
	return op.MatMul(f.split(scaled, 0, 2, 1, 3), f.split(k, 0, 2, 3, 1))
}

func (f attention) scale(q *ir.Value) float64 {
	return 1 / math.Sqrt(float64(q.Shape[2].Size/f.Heads))
}

// split takes the heads apart, [batch, token, head, dim/head], and orders the axes.
func (f attention) split(x *ir.Value, order ...int) *ir.Value {
	s := x.Shape
	return op.Transpose(op.Reshape(x, ir.Shape{s[0], s[1], {Name: "head", Size: f.Heads}, {Name: "dim", Size: s[2].Size / f.Heads}}), order...)
}

// join puts the heads of x, [batch, head, token, dim/head], side by side.
func (f attention) join(x *ir.Value) *ir.Value {
	s := x.Shape
	return op.Reshape(op.Transpose(x, 0, 2, 1, 3), ir.Shape{s[0], s[2], {Name: "dim", Size: f.Heads * s[3].Size}})
}

// Narrow: q, k, v and y; the logarithms of the denominators are not.
func (attention) Narrow() (in, out []int, begins bool) { return []int{0, 1, 2}, []int{0}, true }
