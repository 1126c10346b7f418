package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type infoNCEKeyGrad struct {
	Temperature float64 `attr:"temperature"`
	Mask        bool    `attr:"mask_diagonal,omitempty"`
}

var _ = register(infoNCEKeyGrad{Temperature: 1})

func (infoNCEKeyGrad) Name() string { return "InfoNCEKeyGrad" }

func (infoNCEKeyGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of InfoNCE with respect to k, from the first six inputs of InfoNCEQueryGrad: dsᵀ·q.",
		Samples: infoNCEGradSamples(func(f infoNCE, in []ir.Arg) ir.Sample { return ir.Sample{Op: infoNCEKeyGrad(f), In: in[:6]} })}
}

func (f infoNCEKeyGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs are those of two products.
func (infoNCEKeyGrad) FLOPs(n *ir.Node) int64 { return 2 * infoNCEProduct(n.In[0], n.In[1]) }

// Scratch is that of the kernel.
func (infoNCEKeyGrad) Scratch(n *ir.Node) Scratch {
	t := infoNCETilesOf(n.In[0], n.In[1])
	return t.gradient(n.In[1], t.across(), t.down())
}

func (infoNCEKeyGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f infoNCEKeyGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f infoNCEKeyGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	slopes, _, _ := infoNCE(f).slopes(in)
	return []*ir.Value{op.MatMul(op.Transpose(slopes, 1, 0), in[0])}
}

// Narrow: q, k and the gradient of k.
func (infoNCEKeyGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, false }
