package op

import "ssc/compiler/ir"

// AveragePool is the mean of each window. Shapes: x [batch, channel, spatial…]; result the same with smaller spatial axes.
func AveragePool(x *ir.Value, o PoolOptions) *ir.Value {
	return ir.Apply1(newAveragePool(o), x)
}

func newAveragePool(o PoolOptions) averagePool {
	return averagePool{Ceil: o.Ceil, CountPad: o.CountPad, Kernel: o.KernelShape, Pads: o.Pads, Strides: o.Strides}
}

type averagePool struct {
	AutoPad  string `attr:"auto_pad,omitempty"`
	Ceil     bool   `attr:"ceil_mode,omitempty"`
	CountPad bool   `attr:"count_include_pad,omitempty"`
	Kernel   []int  `attr:"kernel_shape"`
	Pads     []int  `attr:"pads,omitempty"`
	Strides  []int  `attr:"strides,omitempty"`
}

var _ = register(averagePool{})

func (averagePool) Name() string { return "AveragePool" }

func (averagePool) Doc() ir.Doc {
	with := func(label string, o PoolOptions, dims ...int) ir.Sample {
		return ir.Sample{Label: label, Op: newAveragePool(o), In: []ir.Arg{{Dims: dims}}}
	}
	same := []int{1, 1, 1, 1}
	return ir.Doc{Text: "The mean of each window; padding counts, as zeros, only with count_include_pad.", Samples: []ir.Sample{
		with("halves", PoolOptions{KernelShape: []int{2, 2}, Strides: []int{2, 2}}, 2, 2, 4, 6),
		with("inner", PoolOptions{KernelShape: []int{3, 3}, Strides: []int{2, 2}, Pads: same}, 1, 2, 5, 6),
		with("padded", PoolOptions{KernelShape: []int{3, 3}, Strides: []int{2, 1}, Pads: same, CountPad: true}, 1, 2, 5, 4),
		with("ceil", PoolOptions{KernelShape: []int{3, 2}, Strides: []int{2, 2}, Ceil: true}, 1, 2, 6, 5),
		with("uncovered", PoolOptions{KernelShape: []int{2, 2}, Strides: []int{3, 3}}, 1, 1, 7, 5),
		with("line", PoolOptions{KernelShape: []int{3}, Strides: []int{2}, Pads: []int{0, 1}}, 2, 1, 8),
	}}
}

func (o averagePool) window(s ir.Shape) (window, error) {
	return sliding{kernel: o.Kernel, strides: o.Strides, pads: o.Pads, autoPad: o.AutoPad, ceil: o.Ceil}.resolve(s)
}

func (o averagePool) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := sameDType(true, in...); err != nil {
		return nil, err
	}
	y, err := inferPool(in, o.window)
	return []ir.Type{y}, err
}

// weights is one over the number of elements that count in each window.
func (o averagePool) weights(w *window) []float64 {
	least := 0
	if o.CountPad {
		least = onPad
	}
	count := make([]float64, ir.Dims(w.out...).Elems())
	for _, places := range w.taps() {
		for p, q := range places {
			if q >= least {
				count[p]++
			}
		}
	}
	for p := range count {
		count[p] = 1 / count[p]
	}
	return count
}

// FLOPs is one for each element of each window.
func (o averagePool) FLOPs(n *ir.Node) int64 {
	return n.Out[0].Shape.Size() * ir.Dims(o.Kernel...).Size()
}

// Grad weighs the gradient of each window and hands it to the window's elements: by repetition where windows lie side by side, else by a sum over the
// windows that an element belongs to, which an average pool of stride 1 over the spread and padded gradient computes.
func (o averagePool) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	w, _ := o.window(x.Shape)
	if w.sideBySide() {
		d := Mul(dy[0], Scalar(dy[0], 1/float64(ir.Dims(w.kernel...).Elems())))
		return []*ir.Value{repeatWindows(d, &w, x.Shape)}
	}
	weights := o.weights(&w)
	taps := float64(ir.Dims(w.kernel...).Elems())
	for i := range weights {
		weights[i] *= taps
	}
	d := Mul(dy[0], Const(x.Graph(), ir.Floats(x.DType, w.out, weights...)))
	begin, end := make([]int, len(x.Shape)), make([]int, len(x.Shape))
	pads := make([]int, 2*len(w.kernel))
	for i, k := range w.kernel {
		if w.strides[i] > 1 && w.out[i] > 1 {
			d = spread(d, i+2, w.strides[i])
		}
		pads[i], pads[len(w.kernel)+i] = k-1, k-1
		begin[i+2] = -w.begin[i]
		end[i+2] = w.in[i] + w.begin[i] - (d.Shape[i+2].Size + k - 1)
	}
	sum := AveragePool(d, PoolOptions{KernelShape: w.kernel, Pads: pads, CountPad: true})
	return []*ir.Value{padZeros(sum, begin, end)}
}

// sideBySide reports whether the windows tile the input.
func (w *window) sideBySide() bool {
	for i, k := range w.kernel {
		if w.strides[i] != k || w.dilations[i] != 1 || w.begin[i] != 0 || w.end[i] != 0 || w.out[i]*k != w.in[i] {
			return false
		}
	}
	return true
}

// blocks is the shape s seen as [batch, channel, outputs, kernel, …], or with ones for the kernel axes.
func (w *window) blocks(s ir.Shape, ones bool) ir.Shape {
	b := s[:2].Clone()
	for i, k := range w.kernel {
		if ones {
			k = 1
		}
		b = append(b, ir.Dim{Size: w.out[i]}, ir.Dim{Size: k})
	}
	return b
}

// repeatWindows gives every element of a window, where windows tile the shape to, the window's value in d.
func repeatWindows(d *ir.Value, w *window, to ir.Shape) *ir.Value {
	d = Reshape(d, w.blocks(to, true))
	return Reshape(Expand(d, w.blocks(to, false)), to)
}

func (o averagePool) Eval(in []*ir.Tensor) []*ir.Tensor {
	x := in[0]
	w, err := o.window(ir.Dims(x.Dims...))
	if err != nil {
		panic("op: " + err.Error())
	}
	y := ir.NewTensor(x.DType, w.shape(ir.Dims(x.Dims...), 0).Sizes()...)
	weights, taps := o.weights(&w), w.taps()
	pin, pout := ir.Dims(w.in...).Elems(), len(weights)
	for i := range y.Data {
		for _, places := range taps {
			if q := places[i%pout]; q >= 0 {
				y.Data[i] += x.Data[i/pout*pin+q]
			}
		}
		y.Data[i] *= weights[i%pout]
	}
	return []*ir.Tensor{y}
}
