package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// ConvWeightGrad is the gradient of Conv with respect to its weight of shape ws. Shapes: x [batch, in, height, width], dy [batch, out, height',
// width']; result ws.
func ConvWeightGrad(x, dy *ir.Value, ws ir.Shape, o op.ConvOptions) *ir.Value {
	dw := ir.Apply1(convWeightGrad{o.Strides, o.Pads, o.Dilations, o.Group, ws.Sizes()}, x, dy)
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
}

var _ = register(convWeightGrad{Group: 1})

func (convWeightGrad) Name() string { return "ConvWeightGrad" }

func (convWeightGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of Conv with respect to its weight, of shape weight_shape.", Samples: convSamples(func(c conv, x, w []int) ir.Sample {
		return ir.Sample{Op: convWeightGrad{c.Strides, c.Pads, c.Dilations, c.Group, w}, In: []ir.Arg{{Dims: x}, {Dims: convOut(c, x, w)}}}
	})}
}

func (c convWeightGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(c, in) }

// FLOPs are those of the convolution.
func (convWeightGrad) FLOPs(n *ir.Node) int64 {
	return 2 * n.In[1].Shape.Size() * n.Out[0].Shape[1:].Size()
}

func (c convWeightGrad) Grad(n *ir.Node, ddw []*ir.Value) []*ir.Value {
	o := op.ConvOptions{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group}
	return []*ir.Value{ConvInputGrad(n.In[1], ddw[0], n.In[0].Shape, o), Conv(n.In[0], ddw[0], nil, o)}
}

func (c convWeightGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(c, in) }

func (c convWeightGrad) Body(in []*ir.Value) []*ir.Value {
	return []*ir.Value{op.ConvWeightGrad(in[0], in[1], ir.Dims(c.Shape...), op.ConvOptions{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group})}
}
