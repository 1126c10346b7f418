package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// LinearInputGrad is the gradient of x·wᵀ with respect to x. Shapes: dy [batch, …, out], w [out, in]; result [batch, …, in].
func LinearInputGrad(dy, w *ir.Value) *ir.Value { return ir.Apply1(linearInputGrad{}, dy, w) }

type linearInputGrad struct{}

var _ = register(linearInputGrad{})

func (linearInputGrad) Name() string { return "LinearInputGrad" }

func (linearInputGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of Linear (without activation) with respect to its input: dy·w.",
		Samples: plainLinearSamples(func(label string, x, w, y []int) ir.Sample {
			return ir.Sample{Label: label, Op: linearInputGrad{}, In: []ir.Arg{{Dims: y}, {Dims: w}}}
		})}
}

// plainLinearSamples are the samples of Linear without activations; y is the shape of the result.
func plainLinearSamples(make func(label string, x, w, y []int) ir.Sample) []ir.Sample {
	var out []ir.Sample
	linearSamples(func(label string, x, w []int, bias bool, a Activation) ir.Sample {
		if a == NoActivation && bias {
			y := append(append([]int{}, x[:len(x)-1]...), w[0])
			out = append(out, make(label, x, w, y))
		}
		return ir.Sample{}
	})
	return out
}

func (f linearInputGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of the forward layer.
func (linearInputGrad) FLOPs(n *ir.Node) int64 {
	return 2 * n.In[0].Shape.Size() * n.In[1].Shape[1:].Size()
}

// Scratch is that of the kernel.
func (linearInputGrad) Scratch(n *ir.Node) Scratch { return linearScratch(n, sizes(n.In[1])[1]) }

func (linearInputGrad) Grad(n *ir.Node, ddx []*ir.Value) []*ir.Value {
	dw, _ := LinearWeightGrad(n.In[0], ddx[0])
	return []*ir.Value{Linear(ddx[0], n.In[1], nil, NoActivation), dw}
}

func (f linearInputGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f linearInputGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	return []*ir.Value{op.MatMul(in[0], in[1])}
}

// Narrow: dy, the weight and the result.
func (linearInputGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, true }
