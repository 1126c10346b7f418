package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// AveragePool averages windows that lie side by side and cover the map. Shapes: x [batch, channel, height, width], of sizes that kernel [rows, columns] divides; result
// [batch, channel, height/rows, width/columns].
func AveragePool(x *ir.Value, kernel []int) *ir.Value {
	return ir.Apply1(averagePool{Kernel: kernel}, x)
}

type averagePool struct {
	Kernel []int `attr:"kernel_shape"`
	Last   bool  `attr:"channels_last,omitempty"` // x and the result are [batch, height, width, channel]
}

var _ = register(averagePool{})

func (averagePool) Name() string { return "AveragePool" }

func (averagePool) Doc() ir.Doc {
	return ir.Doc{Text: "The mean of each window of kernel_shape; windows lie side by side and cover the map. With channels_last its input and result are [batch, height, width, channel].",
		Samples: averagePoolSamples(func(f averagePool, x, y []int) ir.Sample { return ir.Sample{Op: f, In: []ir.Arg{{Dims: x}}} })}
}

// averagePoolSamples are the pools that both functions are checked on, in both layouts: halves, the whole map, a thin one. x and y are the shapes of input and result.
func averagePoolSamples(make func(f averagePool, x, y []int) ir.Sample) []ir.Sample {
	var out []ir.Sample
	for _, k := range []struct {
		label     string
		kernel, x []int
	}{{"halves", []int{2, 2}, []int{2, 3, 4, 6}}, {"whole", []int{4, 3}, []int{2, 3, 4, 3}}, {"thin", []int{1, 3}, []int{1, 2, 1, 6}}} {
		y := []int{k.x[0], k.x[1], k.x[2] / k.kernel[0], k.x[3] / k.kernel[1]}
		s := make(averagePool{k.kernel, false}, k.x, y)
		s.Label = k.label
		l := make(averagePool{k.kernel, true}, lastDims(k.x), lastDims(y))
		l.Label = k.label + ", channels last"
		out = append(out, s, l)
	}
	return out
}

func (f averagePool) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (f averagePool) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ir.Apply1(averagePoolGrad(f), dy[0])}
}

func (f averagePool) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f averagePool) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	x := in[0]
	if f.Last {
		x = toFirst(x)
	}
	var y *ir.Value
	if x.Shape[2].Size == f.Kernel[0] && x.Shape[3].Size == f.Kernel[1] {
		y = op.GlobalAveragePool(x)
	} else {
		y = op.AveragePool(x, op.PoolOptions{KernelShape: f.Kernel, Strides: f.Kernel})
	}
	if f.Last {
		y = toLast(y)
	}
	return []*ir.Value{y}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f averagePool) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0}, []int{0}
}

// Narrow: x and the result.
func (averagePool) Narrow() (in, out []int, begins bool) { return []int{0}, []int{0}, false }
