package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// ConvInputGrad is the gradient of Conv with respect to its input x of shape xs. Shapes: dy [batch, out, height', width'], w as in Conv; result xs.
func ConvInputGrad(dy, w *ir.Value, xs ir.Shape, o op.ConvOptions) *ir.Value {
	return conv{Strides: o.Strides, Pads: o.Pads, Dilations: o.Dilations, Group: o.Group}.inputGrad(dy, w, xs)
}

// inputGrad is the gradient of c with respect to its input.
func (c conv) inputGrad(dy, w *ir.Value, xs ir.Shape) *ir.Value {
	dx := ir.Apply1(convInputGrad{c.Strides, c.Pads, c.Dilations, c.Group, xs.Sizes(), c.Last}, dy, w)
	if dx.Valid() {
		dx.Shape = xs.Clone()
	}
	return dx
}

type convInputGrad struct {
	Strides   []int `attr:"strides"`
	Pads      []int `attr:"pads"`
	Dilations []int `attr:"dilations"`
	Group     int   `attr:"group"`
	Shape     []int `attr:"input_shape"`
	Last      bool  `attr:"channels_last,omitempty"` // dy and the result are [batch, height, width, channel]
}

var _ = register(convInputGrad{Group: 1})

func (convInputGrad) Name() string { return "ConvInputGrad" }

func (convInputGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of Conv with respect to its input, of shape input_shape.", Samples: convSamples(func(c conv, x, w, y []int) ir.Sample {
		return ir.Sample{Op: convInputGrad{c.Strides, c.Pads, c.Dilations, c.Group, x, c.Last}, In: []ir.Arg{{Dims: y}, {Dims: w}}}
	})}
}

// convOut is the shape of a convolution's result.
func convOut(c conv, x, w []int) []int {
	size := func(i int) int {
		return (x[2+i]+c.Pads[i]+c.Pads[2+i]-c.Dilations[i]*(w[2+i]-1)-1)/c.Strides[i] + 1
	}
	return []int{x[0], w[0], size(0), size(1)}
}

func (c convInputGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(c, in) }

// FLOPs are those of the convolution.
func (convInputGrad) FLOPs(n *ir.Node) int64 {
	return 2 * n.In[0].Shape.Size() * n.In[1].Shape[1:].Size()
}

// Scratch is that of the kernel.
func (c convInputGrad) Scratch(n *ir.Node) Scratch {
	return convCall{c.forward(), inputPass, sizes(n.Out[0]), sizes(n.In[1]), sizes(n.In[0]), n.In[0].DType, false}.scratch()
}

func (c convInputGrad) Grad(n *ir.Node, ddx []*ir.Value) []*ir.Value {
	f := c.forward()
	return []*ir.Value{ir.Apply1(f, ddx[0], n.In[1], nil), f.weightGrad(ddx[0], n.In[0], n.In[1].Shape)}
}

func (c convInputGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(c, in) }

func (c convInputGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(c, in); out != nil {
		return out
	}
	if c.Last {
		return []*ir.Value{toLast(op.ConvInputGrad(toFirst(in[0]), in[1], ir.Dims(firstDims(c.Shape)...), c.forward().options()))}
	}
	return []*ir.Value{op.ConvInputGrad(in[0], in[1], ir.Dims(c.Shape...), c.forward().options())}
}

// forward is the convolution that this is a gradient of.
func (c convInputGrad) forward() conv {
	return conv{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group, Last: c.Last}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (c convInputGrad) ChannelsLast() (ir.Op, []int, []int) {
	if !c.Last {
		c.Shape, c.Last = lastDims(c.Shape), true
	}
	return c, []int{0}, []int{0}
}

// Narrow: dy, the weight and the result.
func (convInputGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, true }
