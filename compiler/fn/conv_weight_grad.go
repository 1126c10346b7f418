package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// ConvWeightGrad is the gradient of Conv with respect to its weight of shape ws. Shapes: x [batch, in, height, width], dy [batch, out, height',
// width']; result ws.
func ConvWeightGrad(x, dy *ir.Value, ws ir.Shape, o op.ConvOptions) *ir.Value {
	return conv{Strides: o.Strides, Pads: o.Pads, Dilations: o.Dilations, Group: o.Group}.weightGrad(x, dy, ws)
}

// weightGrad is the gradient of c with respect to its weight.
func (c conv) weightGrad(x, dy *ir.Value, ws ir.Shape) *ir.Value {
	dw := ir.Apply1(convWeightGrad{c.Strides, c.Pads, c.Dilations, c.Group, ws.Sizes(), c.Last}, x, dy)
	if dw.Valid() {
		dw.Shape = ws.Clone()
	}
	return dw
}

type convWeightGrad struct {
	Strides   []int `attr:"strides"`
	Pads      []int `attr:"pads"`
	Dilations []int `attr:"dilations"`
	Group     int   `attr:"group"`
	Shape     []int `attr:"weight_shape"`
	Last      bool  `attr:"channels_last,omitempty"` // x and dy are [batch, height, width, channel]
}

var _ = register(convWeightGrad{Group: 1})

func (convWeightGrad) Name() string { return "ConvWeightGrad" }

func (convWeightGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of Conv with respect to its weight, of shape weight_shape.", Samples: convSamples(func(c conv, x, w, y []int) ir.Sample {
		return ir.Sample{Op: convWeightGrad{c.Strides, c.Pads, c.Dilations, c.Group, w, c.Last}, In: []ir.Arg{{Dims: x}, {Dims: y}}}
	})}
}

func (c convWeightGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(c, in) }

// FLOPs are those of the convolution.
func (convWeightGrad) FLOPs(n *ir.Node) int64 {
	return 2 * n.In[1].Shape.Size() * n.Out[0].Shape[1:].Size()
}

// Scratch is that of the kernel.
func (c convWeightGrad) Scratch(n *ir.Node) Scratch {
	return convCall{c.forward(), weightPass, sizes(n.In[0]), sizes(n.Out[0]), sizes(n.In[1]), n.In[0].DType, false}.scratch()
}

func (c convWeightGrad) Grad(n *ir.Node, ddw []*ir.Value) []*ir.Value {
	f := c.forward()
	return []*ir.Value{f.inputGrad(n.In[1], ddw[0], n.In[0].Shape), ir.Apply1(f, n.In[0], ddw[0], nil)}
}

func (c convWeightGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(c, in) }

func (c convWeightGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(c, in); out != nil {
		return out
	}
	x, dy := in[0], in[1]
	if c.Last {
		x, dy = toFirst(x), toFirst(dy)
	}
	return []*ir.Value{op.ConvWeightGrad(x, dy, ir.Dims(c.Shape...), c.forward().options())}
}

// forward is the convolution that this is a gradient of.
func (c convWeightGrad) forward() conv {
	return conv{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group, Last: c.Last}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (c convWeightGrad) ChannelsLast() (ir.Op, []int, []int) {
	c.Last = true
	return c, []int{0, 1}, nil
}

// Narrow: x and dy; the gradient of the weight is not.
func (convWeightGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, nil, true }
