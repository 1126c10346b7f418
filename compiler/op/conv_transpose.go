package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ConvTransposeOptions are the attributes of a transposed convolution. OutputPadding adds to the end of each spatial axis of the result, of
// which the convolution with these strides does not see the last elements.
type ConvTransposeOptions struct {
	Strides, Pads, Dilations, OutputPadding []int
	Group                                   int
}

// ConvTranspose is the gradient of Conv with respect to its input, as an operator of its own: it spreads x by the strides and convolves.
//
// Shapes: x [batch, channel, spatial…], w [channel, out/group, kernel…], b [out] or nil; result [batch, out, spatial…].
func ConvTranspose(x, w, b *ir.Value, o ConvTransposeOptions) *ir.Value {
	return ir.Apply1(newConvTranspose(o), x, w, b)
}

func newConvTranspose(o ConvTransposeOptions) convTranspose {
	return convTranspose{Dilations: o.Dilations, Group: max(o.Group, 1), OutputPadding: o.OutputPadding, Pads: o.Pads, Strides: o.Strides}
}

type convTranspose struct {
	AutoPad       string `attr:"auto_pad,omitempty"`
	Dilations     []int  `attr:"dilations,omitempty"`
	Group         int    `attr:"group"`
	Kernel        []int  `attr:"kernel_shape,omitempty"`
	OutputPadding []int  `attr:"output_padding,omitempty"`
	OutputShape   []int  `attr:"output_shape,omitempty"`
	Pads          []int  `attr:"pads,omitempty"`
	Strides       []int  `attr:"strides,omitempty"`
}

var _ = register(convTranspose{Group: 1})

func (convTranspose) Name() string { return "ConvTranspose" }

func (convTranspose) Doc() ir.Doc {
	with := func(label string, o ConvTransposeOptions, x, w []int, b ...int) ir.Sample {
		s := ir.Sample{Label: label, Op: newConvTranspose(o), In: []ir.Arg{{Dims: x}, {Dims: w}, {}}}
		if b != nil {
			s.In[2].Dims = b
		}
		return s
	}
	return ir.Doc{Text: "Transposed convolution: every input element adds its filter, scaled by it, to the output at its place times the stride.", Samples: []ir.Sample{
		with("plain", ConvTransposeOptions{}, []int{2, 2, 3, 4}, []int{2, 3, 3, 2}, 3),
		with("double", ConvTransposeOptions{Strides: []int{2, 2}, Pads: []int{1, 1, 1, 1}, OutputPadding: []int{1, 0}}, []int{1, 2, 3, 1}, []int{2, 2, 3, 3}),
		with("group", ConvTransposeOptions{Group: 2, Dilations: []int{2, 1}}, []int{1, 4, 2, 3}, []int{4, 1, 2, 2}),
		with("line", ConvTransposeOptions{Strides: []int{3}}, []int{2, 1, 4}, []int{1, 2, 2}, 2),
	}}
}

// window is the sliding window of the convolution that this operator transposes: its input is our output.
func (c convTranspose) window(x, w ir.Shape) (window, error) {
	n := len(x) - 2
	win := window{out: x[2:].Sizes(), kernel: w[2:].Sizes(), strides: c.Strides, dilations: c.Dilations, in: make([]int, n)}
	if len(win.strides) == 0 {
		win.strides = filled(n, 1)
	}
	if len(win.dilations) == 0 {
		win.dilations = filled(n, 1)
	}
	pads, extra := c.Pads, c.OutputPadding
	if len(pads) == 0 {
		pads = make([]int, 2*n)
	}
	if len(extra) == 0 {
		extra = make([]int, n)
	}
	if len(win.strides) != n || len(win.dilations) != n || len(pads) != 2*n || len(extra) != n || len(c.OutputShape) != 0 && len(c.OutputShape) != n {
		return window{}, fmt.Errorf("%s has %d spatial axes; strides %v, dilations %v, output_padding %v and output_shape %v need one number for each, pads %v two",
			x, n, win.strides, win.dilations, extra, c.OutputShape, pads)
	}
	win.begin, win.end = append([]int{}, pads[:n]...), append([]int{}, pads[n:]...)
	for i := range win.in {
		if win.strides[i] < 1 || win.dilations[i] < 1 || !x[i+2].Static() {
			return window{}, fmt.Errorf("strides %v and dilations %v must be positive and the spatial axes of %s known", win.strides, win.dilations, x)
		}
		full := (win.out[i]-1)*win.strides[i] + win.extent(i) + extra[i]
		win.in[i] = full - win.begin[i] - win.end[i]
		same := c.AutoPad == "SAME_UPPER" || c.AutoPad == "SAME_LOWER"
		if same || len(c.OutputShape) > 0 {
			win.in[i] = win.out[i] * win.strides[i]
			if len(c.OutputShape) > 0 {
				win.in[i] = c.OutputShape[i]
			}
			total := max(full-win.in[i], 0)
			win.begin[i] = (total + 1) / 2
			if c.AutoPad == "SAME_UPPER" {
				win.begin[i] = total / 2
			}
			win.end[i] = total - win.begin[i]
		}
		if win.in[i] < 1 {
			return window{}, fmt.Errorf("pads %v leave nothing of the %d elements of axis %d", pads, full, i+2)
		}
	}
	return win, nil
}

func (c convTranspose) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 3); err != nil {
		return nil, err
	}
	if err := sameDType(true, in...); err != nil {
		return nil, err
	}
	x, w, b := in[0].Shape, in[1].Shape, at(in, 2)
	switch {
	case len(x) < 3 || len(w) != len(x) || !w.Static() || !x[1].Static():
		return nil, fmt.Errorf("input %s and filters %s must be [batch, channel, spatial…] and [channel, out/group, kernel…], all but the batch known", x, w)
	case x[1].Size != w[0].Size || c.Group < 1 || x[1].Size%c.Group != 0:
		return nil, fmt.Errorf("input %s has %d channels, filters %s take %d in %d groups; filters of [%d, …] would fit", x, x[1].Size, w, w[0].Size, c.Group, x[1].Size)
	case b != nil && !b.Shape.Equal(ir.Dims(w[1].Size*c.Group)):
		return nil, fmt.Errorf("bias %s does not fit; a bias of [%d] would", b.Shape, w[1].Size*c.Group)
	case len(c.Kernel) > 0 && !w[2:].Equal(ir.Dims(c.Kernel...)):
		return nil, fmt.Errorf("kernel_shape %v differs from that of filters %s", c.Kernel, w)
	}
	win, err := c.window(x, w)
	if err != nil {
		return nil, err
	}
	s := x.Clone()
	s[1].Size = w[1].Size * c.Group
	for i, n := range win.in {
		s[i+2].Size = n
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

// FLOPs are those of the convolution that this is the transpose of.
func (convTranspose) FLOPs(n *ir.Node) int64 {
	return 2 * n.In[0].Shape.Size() * n.In[1].Shape[1:].Size()
}

// Grad is the convolution that this operator transposes, and that convolution's weight gradient with the roles of input and output gradient swapped.
func (c convTranspose) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, w, d := n.In[0], n.In[1], dy[0]
	win, _ := c.window(x.Shape, w.Shape)
	for i := range win.in { // the pads with which the convolution's result has exactly x's size
		win.end[i] = (win.out[i]-1)*win.strides[i] + win.extent(i) - win.in[i] - win.begin[i]
	}
	begin, end := make([]int, len(x.Shape)), make([]int, len(x.Shape))
	for i := range win.in {
		if win.end[i] < 0 {
			end[i+2], win.end[i] = win.end[i], 0
		}
	}
	d = padZeros(d, begin, end)
	o := ConvOptions{Strides: win.strides, Pads: win.pads(), Dilations: win.dilations, Group: c.Group}
	dx := []*ir.Value{Conv(d, w, nil, o), ConvWeightGrad(d, x, w.Shape, o)}
	if len(n.In) > 2 {
		dx = append(dx, channelSum(dy[0]))
	}
	return dx
}

func (c convTranspose) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, w, b := in[0], in[1], at(in, 2)
	win, err := c.window(ir.Dims(x.Dims...), ir.Dims(w.Dims...))
	if err != nil {
		panic("op: " + err.Error())
	}
	width := w.Dims[1] // outputs of a group
	outs := width * c.Group
	y := ir.NewTensor(x.DType, append([]int{x.Dims[0], outs}, win.in...)...)
	for i := range win.end {
		win.end[i] = 0
	}
	taps := win.taps()
	px, py := ir.Dims(win.out...).Elems(), ir.Dims(win.in...).Elems()
	perGroup := x.Dims[1] / c.Group
	for i := 0; i < x.Dims[0]*x.Dims[1]; i++ {
		n, ch := i/x.Dims[1], i%x.Dims[1]
		from := x.Data[i*px : (i+1)*px]
		for o := 0; o < width; o++ {
			plane := n*outs + ch/perGroup*width + o
			to := y.Data[plane*py : (plane+1)*py]
			for t, places := range taps {
				k := w.Data[(ch*width+o)*len(taps)+t]
				for p, q := range places {
					if q >= 0 {
						to[q] += k * from[p]
					}
				}
			}
		}
	}
	if b != nil {
		for i := range y.Data {
			y.Data[i] += b.Data[i/py%outs]
		}
	}
	return []*ir.Tensor{y}
}
