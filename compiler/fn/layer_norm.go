package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// LayerNorm normalises each row (the last axis) of x by its mean and biased variance, then applies the gain w and the offset b. Shapes: x and the result
// [batch, …, dim], w and b [dim]. Ba, Kiros and Hinton 2016, eq. 4.
func LayerNorm(x, w, b *ir.Value, eps float64) *ir.Value {
	return ir.Apply1(layerNorm{Eps: eps}, x, w, b)
}

type layerNorm struct {
	Eps float64 `attr:"epsilon"`
}

var _ = register(layerNorm{Eps: 1e-6})

func (layerNorm) Name() string { return "LayerNorm" }

func (layerNorm) Doc() ir.Doc {
	return ir.Doc{Text: "Layer normalisation over the last axis: y = (x - mean)/sqrt(variance + epsilon)*w + b with mean and biased variance of each row.",
		Samples: layerNormSamples(func(f layerNorm, x []int) ir.Sample {
			return ir.Sample{Op: f, In: []ir.Arg{{Dims: x, Lo: -2, Hi: 3}, {Dims: x[len(x)-1:]}, {Dims: x[len(x)-1:]}}}
		})}
}

func layerNormSamples(make func(f layerNorm, x []int) ir.Sample) []ir.Sample {
	var out []ir.Sample
	for _, k := range []struct {
		label string
		eps   float64
		x     []int
	}{{"tokens", 1e-6, []int{2, 3, 5}}, {"rows", 1e-3, []int{4, 6}}, {"thin", 1e-6, []int{3, 1, 4}}} {
		s := make(layerNorm{k.eps}, k.x)
		s.Label = k.label
		out = append(out, s)
	}
	return out
}

func (f layerNorm) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (f layerNorm) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return ir.Apply(layerNormGrad(f), dy[0], n.In[0], n.In[1])
}

func (f layerNorm) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f layerNorm) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	return []*ir.Value{op.LayerNormalization(in[0], in[1], in[2], -1, f.Eps)}
}

// Narrow: x and the result; gain and offset are not.
func (layerNorm) Narrow() (in, out []int, begins bool) { return []int{0}, []int{0}, true }
