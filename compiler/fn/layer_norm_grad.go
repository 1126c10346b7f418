package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type layerNormGrad struct {
	Eps float64 `attr:"epsilon"`
}

var _ = register(layerNormGrad{Eps: 1e-6})

func (layerNormGrad) Name() string { return "LayerNormGrad" }

// MaxOutputs is the number of outputs.
func (layerNormGrad) MaxOutputs() int { return 3 }

func (layerNormGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradients of LayerNorm with respect to x, w and b: with x̂ = (x - mean)/sqrt(variance + epsilon) and g = dy·w, dx = (g - mean(g) - x̂·mean(g·x̂))/sqrt(variance + epsilon), dw = Σ dy·x̂ and db = Σ dy over all rows. Mean and variance are computed again.",
		Samples: layerNormSamples(func(f layerNorm, x []int) ir.Sample {
			return ir.Sample{Op: layerNormGrad(f), NoGrad: "second derivatives of training are not used",
				In: []ir.Arg{{Dims: x}, {Dims: x, Lo: -2, Hi: 3}, {Dims: x[len(x)-1:]}}}
		})}
}

func (f layerNormGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Scratch is that of the kernel: the sums over the pieces of the rows.
func (layerNormGrad) Scratch(n *ir.Node) Scratch {
	width := n.In[2].Shape.Size()
	return Scratch{Once: rowSums(n.In[1].Shape.Size()/width, width)}
}

func (layerNormGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f layerNormGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f layerNormGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	dy, x, w := in[0], in[1], in[2]
	centred := op.Sub(x, op.ReduceMean(x, true, -1))
	variance := op.ReduceMean(op.Mul(centred, centred), true, -1)
	rstd := op.Div(op.Scalar(x, 1), op.Sqrt(op.Add(variance, op.Scalar(x, f.Eps))))
	hat := op.Mul(centred, rstd)
	g := op.Mul(dy, w)
	inner := op.Sub(op.Sub(g, op.ReduceMean(g, true, -1)), op.Mul(hat, op.ReduceMean(op.Mul(g, hat), true, -1)))
	lead := seq(len(x.Shape) - 1)
	return []*ir.Value{op.Mul(inner, rstd), op.ReduceSum(op.Mul(dy, hat), false, lead...), op.ReduceSum(dy, false, lead...)}
}

// Narrow: dy, x and dx; the gain and the gradients of gain and offset are not.
func (layerNormGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, true }
