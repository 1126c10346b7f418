package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Conv is a convolution whose gradients are functions, so that native kernels can take their place. Shapes: x [batch, in, height, width], w [out,
// in/group, kh, kw], b [out] or nil; result [batch, out, height', width'].
func Conv(x, w, b *ir.Value, o op.ConvOptions) *ir.Value {
	return ir.Apply1(conv{Strides: o.Strides, Pads: o.Pads, Dilations: o.Dilations, Group: o.Group}, x, w, b)
}

type conv struct {
	Strides   []int `attr:"strides"`
	Pads      []int `attr:"pads"`
	Dilations []int `attr:"dilations"`
	Group     int   `attr:"group"`
	Last      bool  `attr:"channels_last,omitempty"` // x and the result are [batch, height, width, channel]
}

var _ = register(conv{Group: 1})

func (c conv) options() op.ConvOptions {
	return op.ConvOptions{Strides: c.Strides, Pads: c.Pads, Dilations: c.Dilations, Group: c.Group}
}

func (conv) Name() string { return "Conv" }

func (conv) Doc() ir.Doc {
	return ir.Doc{Text: "Convolution over two axes: ONNX Conv with explicit padding. With channels_last its input and result are [batch, height, width, channel].",
		Samples: convSamples(func(c conv, x, w, _ []int) ir.Sample {
			return ir.Sample{Op: c, In: []ir.Arg{{Dims: x}, {Dims: w}, {}}}
		})}
}

// convSamples are the convolutions that the three functions are checked on, in both layouts: 3x3, strided, a bare point, an even stem, groups, dilation. x and y
// are the shapes of input and result.
func convSamples(make func(c conv, x, w, y []int) ir.Sample) []ir.Sample {
	c := func(s, p, d, g int) conv {
		return conv{Strides: []int{s, s}, Pads: []int{p, p, p, p}, Dilations: []int{d, d}, Group: g}
	}
	cases := []struct {
		label string
		c     conv
		x, w  []int
	}{
		{"3x3", c(1, 1, 1, 1), []int{2, 3, 5, 4}, []int{4, 3, 3, 3}},
		{"stride", c(2, 1, 1, 1), []int{2, 3, 6, 7}, []int{4, 3, 3, 3}},
		{"point", c(2, 0, 1, 1), []int{2, 3, 5, 4}, []int{4, 3, 1, 1}},
		{"stem", c(2, 2, 1, 1), []int{2, 1, 8, 7}, []int{3, 1, 5, 5}},
		{"groups", c(1, 1, 1, 2), []int{2, 4, 4, 3}, []int{6, 2, 3, 3}},
		{"depthwise", c(1, 1, 1, 4), []int{1, 4, 4, 3}, []int{4, 1, 3, 3}},
		{"dilation", c(1, 2, 2, 1), []int{2, 3, 6, 5}, []int{2, 3, 3, 3}},
	}
	var out []ir.Sample
	for _, k := range cases {
		y := convOut(k.c, k.x, k.w)
		s := make(k.c, k.x, k.w, y)
		s.Label = k.label
		last := k.c
		last.Last = true
		l := make(last, lastDims(k.x), k.w, lastDims(y))
		l.Label = k.label + ", channels last"
		out = append(out, s, l)
	}
	return out
}

func (c conv) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(c, in) }

// FLOPs counts a multiplication and an addition for each tap of each output.
func (conv) FLOPs(n *ir.Node) int64 { return 2 * n.Out[0].Shape.Size() * n.In[1].Shape[1:].Size() }

// Scratch is that of the kernel.
func (c conv) Scratch(n *ir.Node) Scratch {
	return convCall{c, forwardPass, sizes(n.In[0]), sizes(n.In[1]), sizes(n.Out[0]), n.In[0].DType, at(n.In, 2) != nil}.scratch()
}

func (c conv) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	dx := c.inputGrad(dy[0], n.In[1], n.In[0].Shape)
	dw := c.weightGrad(n.In[0], dy[0], n.In[1].Shape)
	if len(n.In) < 3 || n.In[2] == nil {
		return []*ir.Value{dx, dw, nil}[:len(n.In)]
	}
	return []*ir.Value{dx, dw, op.ReduceSum(dy[0], false, allBut(dy[0], c.Last)...)}
}

func (c conv) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(c, in) }

func (c conv) Body(in []*ir.Value) []*ir.Value {
	if out := single(c, in); out != nil {
		return out
	}
	var b *ir.Value
	if len(in) > 2 {
		b = in[2]
	}
	if c.Last {
		return []*ir.Value{toLast(op.Conv(toFirst(in[0]), in[1], b, c.options()))}
	}
	return []*ir.Value{op.Conv(in[0], in[1], b, c.options())}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (c conv) ChannelsLast() (ir.Op, []int, []int) {
	c.Last = true
	return c, []int{0}, []int{0}
}

// Narrow: x, the weight and the result; the offset is not.
func (conv) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, true }
