package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type maxPoolGrad maxPool

var _ = register(maxPoolGrad{})

func (maxPoolGrad) Name() string { return "MaxPoolGrad" }

func (maxPoolGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of MaxPool(x) with respect to x: each element of dy goes to where x is largest in its window, the first place of several.",
		Samples: maxPoolSamples(func(f maxPool, x, y []int) ir.Sample {
			return ir.Sample{Op: maxPoolGrad(f), In: []ir.Arg{{Dims: y}, {Dims: x, Distinct: true}}, NoGrad: "second derivatives of training are not used"}
		})}
}

func (f maxPoolGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Scratch is that of the kernel: of bfloat16, the sums of an image or, where channels are planes, of a plane.
func (f maxPoolGrad) Scratch(n *ir.Node) Scratch {
	x := n.In[1].Shape
	images := x[:1].Size()
	if !f.Last {
		images = x[:2].Size()
	}
	size := x.Size() / images
	return Scratch{Each: wideBytes(n.In[1], size), Tasks: pieces(images, max(1, 1<<16/size))}
}

func (maxPoolGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f maxPoolGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body looks for the places anew: kept from the forward pass, they would take twice the memory of the pool's result in every step.
func (f maxPoolGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	dy, x := in[0], in[1]
	if f.Last {
		dy, x = toFirst(dy), toFirst(x)
	}
	_, places := op.MaxPoolIndices(x, maxPool(f).options())
	dx := op.MaxPoolGrad(dy, places, x.Shape)
	if f.Last {
		dx = toLast(dx)
	}
	return []*ir.Value{dx}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f maxPoolGrad) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0, 1}, []int{0}
}

// Narrow: dy, x and the result.
func (maxPoolGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, false }
