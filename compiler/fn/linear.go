package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Activation is what Linear applies to its result.
type Activation int

// The activations, by their number in the attribute.
const (
	NoActivation Activation = iota
	ReLU
	GELU     // by the error function
	GELUTanh // by the hyperbolic tangent
)

// Linear is act(x·wᵀ + b). Shapes: x [batch, …, in], w [out, in], b [out] or nil; result [batch, …, out].
func Linear(x, w, b *ir.Value, act Activation) *ir.Value {
	return ir.Apply(linear{Activation: int(act)}, x, w, b)[0]
}

type linear struct {
	Activation int `attr:"activation,omitempty"`
}

var _ = register(linear{})

func (linear) Name() string { return "Linear" }

// MaxOutputs counts the result and, with a GELU, what it was applied to, which its gradient needs.
func (linear) MaxOutputs() int { return 2 }

func (linear) Doc() ir.Doc {
	return ir.Doc{Text: "Linear layer act(x·wᵀ + b) over the last axis of x. activation is 0 for none, 1 for ReLU, 2 for GELU by the error function, 3 for GELU by tanh; with a GELU the second result is x·wᵀ + b.",
		Samples: linearSamples(func(label string, x, w []int, bias bool, a Activation) ir.Sample {
			s := ir.Sample{Label: label, Op: linear{int(a)}, In: []ir.Arg{{Dims: x}, {Dims: w}, {}}}
			if bias {
				s.In[2].Dims = w[:1]
			}
			return s
		})}
}

// linearSamples are the calls that the three functions are checked on.
func linearSamples(make func(label string, x, w []int, bias bool, a Activation) ir.Sample) []ir.Sample {
	return []ir.Sample{
		make("rows", []int{5, 4}, []int{3, 4}, true, NoActivation),
		make("tokens", []int{2, 3, 4}, []int{5, 4}, true, NoActivation),
		make("no bias", []int{2, 3, 4}, []int{5, 4}, false, NoActivation),
		make("thin", []int{1, 4, 1}, []int{2, 1}, true, NoActivation),
		make("relu", []int{3, 4}, []int{5, 4}, true, ReLU),
		make("gelu", []int{2, 3, 4}, []int{5, 4}, true, GELU),
		make("gelu by tanh", []int{2, 3, 4}, []int{5, 4}, false, GELUTanh),
	}
}

func (f linear) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// FLOPs counts a multiplication and an addition for each weight and row.
func (linear) FLOPs(n *ir.Node) int64 { return 2 * n.Out[0].Shape.Size() * n.In[1].Shape[1:].Size() }

// Scratch is that of the kernel.
func (linear) Scratch(n *ir.Node) Scratch { return linearScratch(n, sizes(n.In[1])[0]) }

// linearScratch is that of a product of n's first input whose results have a width. In float32 there is none: oneDNN's product of that type allocates by itself.
func linearScratch(n *ir.Node, width int64) Scratch {
	in := sizes(n.In[0])
	depth := in[len(in)-1]
	rows := n.In[0].Shape.Size() / depth
	size := even(rows, max(64, pieces(rows, 32)))
	s := Scratch{Tasks: pieces(rows, size)}
	if n.In[0].DType != ir.Float32 {
		s.Each = size*width*floatBytes + narrowProduct(min(depth, 1024), 0)
	}
	return s
}

// narrowDepth is how many rows oneDNN takes at a time at most where it multiplies them for the gradient of a weight.
const narrowDepth = 512

// narrowProduct is what oneDNN's product of bfloat16 takes: so much of the depth of both matrices in its own order, of the second 64 columns, and of the first so many rows, where it has to be
// turned round.
func narrowProduct(depth, rows int64) int64 {
	const element, columns = 2, 64
	return depth*columns*element + rows*(depth*element+columns) + 1024
}

func (f linear) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	d := dy[0]
	switch Activation(f.Activation) {
	case ReLU:
		d = op.Mul(d, op.Sign(n.Out[0]))
	case GELU, GELUTanh:
		if d != nil {
			d = ir.Apply1(geluGrad{Tanh: f.Activation == int(GELUTanh)}, d, n.Out[1])
		}
		switch {
		case d == nil:
			d = dy[1]
		case dy[1] != nil:
			d = op.Add(d, dy[1])
		}
	}
	dw, db := LinearWeightGrad(d, n.In[0])
	return []*ir.Value{LinearInputGrad(d, n.In[1]), dw, db}[:len(n.In)]
}

func (f linear) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f linear) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	x, w, b := in[0], in[1], at(in, 2)
	var z *ir.Value
	if len(x.Shape) == 2 {
		z = op.Gemm(x, w, b, op.GemmOptions{TransB: true})
	} else {
		z = op.MatMul(x, op.Transpose(w, 1, 0))
		if b != nil {
			z = op.Add(z, b)
		}
	}
	switch Activation(f.Activation) {
	case ReLU:
		return []*ir.Value{op.Relu(z)}
	case GELU, GELUTanh:
		return []*ir.Value{gelu{Tanh: f.Activation == int(GELUTanh)}.Body([]*ir.Value{z})[0], z}
	}
	return []*ir.Value{z}
}

// Narrow: x, the weight and the results; the offset is not.
func (linear) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0, 1}, true }
