package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ConvOptions are the attributes of a convolution, in ONNX's form. Empty lists mean strides and dilations of 1 and no padding;
// Pads lists the begins of all spatial axes, then the ends. Group 0 means 1.
type ConvOptions struct {
	Strides, Pads, Dilations []int
	Group                    int
}

// Conv correlates x with the filters w and adds the bias b, which may be nil.
//
// Shapes: x [batch, channel, spatial…], w [out, channel/group, kernel…], b [out]; result [batch, out, spatial…].
func Conv(x, w, b *ir.Value, o ConvOptions) *ir.Value {
	return ir.Apply1(newConv(o), x, w, b)
}

func newConv(o ConvOptions) conv {
	return conv{Dilations: o.Dilations, Group: max(o.Group, 1), Pads: o.Pads, Strides: o.Strides}
}

type conv struct {
	AutoPad   string `attr:"auto_pad,omitempty"`
	Dilations []int  `attr:"dilations,omitempty"`
	Group     int    `attr:"group"`
	Kernel    []int  `attr:"kernel_shape,omitempty"`
	Pads      []int  `attr:"pads,omitempty"`
	Strides   []int  `attr:"strides,omitempty"`
}

var _ = register(conv{Group: 1})

func (conv) Name() string { return "Conv" }

func (conv) Doc() ir.Doc {
	with := func(label string, o ConvOptions, x, w []int, b ...int) ir.Sample {
		s := ir.Sample{Label: label, Op: newConv(o), In: []ir.Arg{{Dims: x}, {Dims: w}, {}}}
		if b != nil {
			s.In[2].Dims = b
		}
		return s
	}
	same := []int{1, 1, 1, 1}
	return ir.Doc{Text: "Convolution (cross-correlation) over the axes after batch and channel, with strides, zero padding, dilation and groups.", Samples: []ir.Sample{
		with("same", ConvOptions{Pads: same}, []int{2, 3, 5, 4}, []int{4, 3, 3, 3}, 4),
		with("valid", ConvOptions{}, []int{1, 2, 4, 5}, []int{3, 2, 2, 3}),
		with("stride", ConvOptions{Pads: same, Strides: []int{2, 2}}, []int{2, 2, 6, 5}, []int{3, 2, 3, 3}),
		with("stem", ConvOptions{Pads: []int{2, 2, 2, 2}, Strides: []int{2, 2}}, []int{2, 1, 7, 8}, []int{3, 1, 5, 5}, 3),
		with("pointwise", ConvOptions{}, []int{2, 3, 1, 4}, []int{2, 3, 1, 1}, 2),
		with("pointwise stride", ConvOptions{Strides: []int{2, 2}}, []int{2, 3, 4, 5}, []int{2, 3, 1, 1}),
		with("group", ConvOptions{Pads: same, Group: 2}, []int{2, 4, 3, 4}, []int{6, 2, 3, 3}),
		with("depthwise", ConvOptions{Pads: same, Group: 3, Strides: []int{2, 1}}, []int{2, 3, 4, 3}, []int{3, 1, 3, 3}),
		with("dilation", ConvOptions{Pads: []int{2, 1, 0, 1}, Dilations: []int{2, 1}}, []int{1, 2, 6, 4}, []int{2, 2, 3, 2}),
		with("line", ConvOptions{Pads: []int{1, 1}, Strides: []int{2}}, []int{2, 3, 7}, []int{4, 3, 3}, 4),
	}}
}

// window resolves the attributes for an input and filters of the given shapes.
func (c conv) window(x, w ir.Shape) (window, error) {
	kernel := c.Kernel
	if len(kernel) == 0 {
		kernel = w[2:].Sizes()
	}
	return sliding{kernel: kernel, strides: c.Strides, dilations: c.Dilations, pads: c.Pads, autoPad: c.AutoPad}.resolve(x)
}

func (c conv) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 3); err != nil {
		return nil, err
	}
	if err := sameDType(true, in...); err != nil {
		return nil, err
	}
	x, w, b := in[0].Shape, in[1].Shape, at(in, 2)
	switch {
	case len(x) < 3 || len(w) != len(x):
		return nil, fmt.Errorf("input %s and filters %s must be [batch, channel, spatial…] and [out, channel/group, kernel…]", x, w)
	case !w.Static() || !x[1].Static():
		return nil, fmt.Errorf("the channels of input %s and the filters %s must be known", x, w)
	case w[1].Size*c.Group != x[1].Size:
		return nil, fmt.Errorf("input %s has %d channels, but filters %s with group %d read %d; filters of [%d, %d, …] would fit",
			x, x[1].Size, w, c.Group, w[1].Size*c.Group, w[0].Size, x[1].Size/max(c.Group, 1))
	case c.Group < 1 || w[0].Size%c.Group != 0:
		return nil, fmt.Errorf("the %d filters of %s cannot be divided among %d groups", w[0].Size, w, c.Group)
	case b != nil && !b.Shape.Equal(ir.Dims(w[0].Size)):
		return nil, fmt.Errorf("bias %s does not fit filters %s; a bias of [%d] would", b.Shape, w, w[0].Size)
	case len(c.Kernel) > 0 && !w[2:].Equal(ir.Dims(c.Kernel...)):
		return nil, fmt.Errorf("kernel_shape %v differs from that of filters %s", c.Kernel, w)
	}
	win, err := c.window(x, w)
	if err != nil {
		return nil, err
	}
	return []ir.Type{{DType: in[0].DType, Shape: win.shape(x, w[0].Size)}}, nil
}

// FLOPs counts a multiplication and an addition for each tap of each output.
func (conv) FLOPs(n *ir.Node) int64 { return 2 * n.Out[0].Shape.Size() * n.In[1].Shape[1:].Size() }

func (c conv) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, w := n.In[0], n.In[1]
	win, _ := c.window(x.Shape, w.Shape)
	o := ConvOptions{Strides: win.strides, Pads: win.pads(), Dilations: win.dilations, Group: c.Group}
	dx := []*ir.Value{ConvInputGrad(dy[0], w, x.Shape, o), ConvWeightGrad(x, dy[0], w.Shape, o)}
	if len(n.In) > 2 {
		dx = append(dx, channelSum(dy[0]))
	}
	return dx
}

// channelSum adds up everything of x but the channels, axis 1: the gradient of a bias.
func channelSum(x *ir.Value) *ir.Value {
	return ReduceSum(x, false, append([]int{0}, spatialAxes(x.Shape)...)...)
}

func (c conv) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, w, b := in[0], in[1], at(in, 2)
	win, err := c.window(ir.Dims(x.Dims...), ir.Dims(w.Dims...))
	if err != nil {
		panic("op: " + err.Error())
	}
	y := ir.NewTensor(x.DType, win.shape(ir.Dims(x.Dims...), w.Dims[0]).Sizes()...)
	taps := win.taps()
	pin, pout := ir.Dims(win.in...).Elems(), ir.Dims(win.out...).Elems()
	filters, depth := w.Dims[0], w.Dims[1]
	for i := 0; i < x.Dims[0]*filters; i++ {
		n, f := i/filters, i%filters
		to := y.Data[i*pout : (i+1)*pout]
		if b != nil {
			for p := range to {
				to[p] = b.Data[f]
			}
		}
		first := n*x.Dims[1] + f/(filters/c.Group)*depth // channel that the filter's group begins with
		for d := 0; d < depth; d++ {
			from := x.Data[(first+d)*pin : (first+d+1)*pin]
			for t, places := range taps {
				k := w.Data[(f*depth+d)*len(taps)+t]
				for p, q := range places {
					if q >= 0 {
						to[p] += k * from[q]
					}
				}
			}
		}
	}
	return []*ir.Tensor{y}
}
