package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// LinearWeightGrad is the gradient of x·wᵀ + b with respect to w and b. Shapes: dy [batch, …, out], x [batch, …, in]; results [out, in] and [out].
func LinearWeightGrad(dy, x *ir.Value) (dw, db *ir.Value) {
	o := ir.Apply(linearWeightGrad{}, dy, x)
	return o[0], o[1]
}

type linearWeightGrad struct{}

var _ = register(linearWeightGrad{})

func (linearWeightGrad) Name() string { return "LinearWeightGrad" }

// MaxOutputs is the number of outputs.
func (linearWeightGrad) MaxOutputs() int { return 2 }

func (linearWeightGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradients of Linear (without activation) with respect to weight and bias: dyᵀ·x and Σ dy over all rows.",
		Samples: plainLinearSamples(func(label string, x, w, y []int) ir.Sample {
			return ir.Sample{Label: label, Op: linearWeightGrad{}, In: []ir.Arg{{Dims: y}, {Dims: x}}}
		})}
}

func (f linearWeightGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of the forward layer.
func (linearWeightGrad) FLOPs(n *ir.Node) int64 {
	return 2 * n.In[0].Shape.Size() * n.Out[0].Shape[1:].Size()
}

// Scratch is that of the kernel.
func (linearWeightGrad) Scratch(n *ir.Node) Scratch {
	out, in := sizes(n.Out[0])[0], sizes(n.Out[0])[1]
	rows := n.In[0].Shape.Size() / out
	if n.In[0].DType == ir.Float32 {
		return pointSums(ir.Float32, rows, 1, in, out, false)
	}
	size := even(out, max(48, out/8, pieces(out, 32)))
	return Scratch{Each: narrowProduct(min(rows, narrowDepth), size), Tasks: pieces(out, size)}
}

func (linearWeightGrad) Grad(n *ir.Node, d []*ir.Value) []*ir.Value {
	dy, x := n.In[0], n.In[1]
	if d[0] == nil {
		return []*ir.Value{op.Expand(d[1], dy.Shape), nil}
	}
	return []*ir.Value{Linear(x, d[0], d[1], NoActivation), LinearInputGrad(dy, d[0])}
}

func (f linearWeightGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body joins all rows, so that the weight's gradient is one product.
func (f linearWeightGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	dy, x := rows(in[0]), rows(in[1])
	return []*ir.Value{op.Gemm(dy, x, nil, op.GemmOptions{TransA: true}), op.ReduceSum(dy, false, 0)}
}

// rows joins all axes but the last.
func rows(x *ir.Value) *ir.Value {
	last := len(x.Shape) - 1
	if last == 1 {
		return x
	}
	return op.Reshape(x, ir.Shape{{Name: "row", Size: x.Shape[:last].Elems()}, x.Shape[last]})
}

// Narrow: dy and x; the gradients of weight and offset are not.
func (linearWeightGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, nil, true }
