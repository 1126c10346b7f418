package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// ConvInputGrad is the gradient of Conv with respect to its input x of shape xs. Shapes: dy [batch, out, height', width'], w as in Conv; result xs.
func ConvInputGrad(dy, w *ir.Value, xs ir.Shape, o op.ConvOptions) *ir.Value {
	dx := ir.Apply1(convInputGrad{o.Strides, o.Pads, o.Dilations, o.Group, xs.Sizes()}, dy, w)
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
}

var _ = register(convInputGrad{Group: 1})

func (convInputGrad) Name() string { return "ConvInputGrad" }

func (convInputGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of Conv with respect to its input, of shape input_shape.", Samples: convSamples(func(c conv, x, w []int) ir.Sample {
		return ir.Sample{Op: convInputGrad{c.Strides, c.Pads, c.Dilations, c.Group, x}, In: []ir.Arg{{Dims: convOut(c, x, w)}, {Dims: w}}}
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

func (c convInputGrad) Grad(n *ir.Node, ddx []*ir.Value) []*ir.Value {
	o := op.ConvOptions{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group}
	return []*ir.Value{Conv(ddx[0], n.In[1], nil, o), ConvWeightGrad(ddx[0], n.In[0], n.In[1].Shape, o)}
}

func (c convInputGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(c, in) }

func (c convInputGrad) Body(in []*ir.Value) []*ir.Value {
	return []*ir.Value{op.ConvInputGrad(in[0], in[1], ir.Dims(c.Shape...), op.ConvOptions{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group})}
}
