package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// MaxPool is the largest element of each window; padding never wins. Shapes: x [batch, channel, height, width]; result [batch, channel, height', width']. Of the options kernel
// shape, strides and pads are used.
func MaxPool(x *ir.Value, o op.PoolOptions) *ir.Value {
	return ir.Apply1(maxPool{Kernel: o.KernelShape, Strides: o.Strides, Pads: o.Pads}, x)
}

type maxPool struct {
	Kernel  []int `attr:"kernel_shape"`
	Strides []int `attr:"strides"`
	Pads    []int `attr:"pads"`
	Last    bool  `attr:"channels_last,omitempty"` // x and the result are [batch, height, width, channel]
}

var _ = register(maxPool{})

func (f maxPool) options() op.PoolOptions {
	return op.PoolOptions{KernelShape: f.Kernel, Strides: f.Strides, Pads: f.Pads}
}

func (maxPool) Name() string { return "MaxPool" }

func (maxPool) Doc() ir.Doc {
	return ir.Doc{Text: "The largest element of each window; padding never wins. With channels_last its input and result are [batch, height, width, channel].",
		Samples: maxPoolSamples(func(f maxPool, x, _ []int) ir.Sample {
			return ir.Sample{Op: f, In: []ir.Arg{{Dims: x, Distinct: true}}}
		})}
}

// maxPoolSamples are the pools that both functions are checked on, in both layouts: halves, overlapping windows with padding, windows that do not reach the edge, a
// thin map. x and y are the shapes of input and result.
func maxPoolSamples(make func(f maxPool, x, y []int) ir.Sample) []ir.Sample {
	f := func(k, s, p int) maxPool {
		return maxPool{Kernel: []int{k, k}, Strides: []int{s, s}, Pads: []int{p, p, p, p}}
	}
	var out []ir.Sample
	for _, k := range []struct {
		label string
		f     maxPool
		x     []int
	}{
		{"halves", f(2, 2, 0), []int{2, 2, 4, 6}},
		{"stem", f(3, 2, 1), []int{1, 2, 7, 6}},
		{"same", f(3, 1, 1), []int{2, 1, 4, 3}},
		{"unread edge", f(2, 2, 0), []int{1, 3, 5, 3}},
		{"thin", maxPool{Kernel: []int{1, 3}, Strides: []int{1, 2}, Pads: []int{0, 1, 0, 0}}, []int{2, 2, 1, 6}},
	} {
		y := []int{k.x[0], k.x[1], 0, 0}
		for i := range 2 {
			y[2+i] = (k.x[2+i]+k.f.Pads[i]+k.f.Pads[2+i]-k.f.Kernel[i])/k.f.Strides[i] + 1
		}
		s := make(k.f, k.x, y)
		s.Label = k.label
		last := k.f
		last.Last = true
		l := make(last, lastDims(k.x), lastDims(y))
		l.Label = k.label + ", channels last"
		out = append(out, s, l)
	}
	return out
}

func (f maxPool) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (f maxPool) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ir.Apply1(maxPoolGrad(f), dy[0], n.In[0])}
}

func (f maxPool) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f maxPool) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	if f.Last {
		return []*ir.Value{toLast(op.MaxPool(toFirst(in[0]), f.options()))}
	}
	return []*ir.Value{op.MaxPool(in[0], f.options())}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f maxPool) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0}, []int{0}
}

// Narrow: x and the result.
func (maxPool) Narrow() (in, out []int, begins bool) { return []int{0}, []int{0}, false }
