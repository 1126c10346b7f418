package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// BatchNormRelu is Relu(BatchNorm(x) + shortcut), the end of a layer or, with a shortcut, of a residual block. Shapes: x and shortcut [batch, channel, …], the latter
// nil for none, w and b [channel]; results y like x, mean and variance [group·channel]. Ioffe and Szegedy 2015, algorithm 1; He et al. 2015, figure 2.
func BatchNormRelu(x, w, b, shortcut *ir.Value, eps float64, groups int) (y, mean, variance *ir.Value) {
	in := []*ir.Value{x, w, b}
	if shortcut != nil {
		in = append(in, shortcut)
	}
	o := ir.Apply(batchNormRelu{Eps: eps, Groups: manyGroups(groups)}, in...)
	return o[0], o[1], o[2]
}

type batchNormRelu batchNorm

var _ = register(batchNormRelu{Eps: 1e-5})

func (batchNormRelu) Name() string { return "BatchNormRelu" }

// MaxOutputs is the number of outputs.
func (batchNormRelu) MaxOutputs() int { return 3 }

func (batchNormRelu) Doc() ir.Doc {
	f, last := batchNormRelu{Eps: 1e-5}, batchNormRelu{Eps: 1e-5, Last: true}
	c := ir.Arg{Dims: []int{2}, Lo: 0.5, Hi: 1}
	sample := func(label string, f batchNormRelu, shortcut bool, dims ...int) ir.Sample {
		// An offset on either side keeps y away from 0, where it has no derivative.
		s := ir.Sample{Label: label, Op: f, In: []ir.Arg{{Dims: dims}, c, {Value: ir.Floats(ir.Float32, []int{2}, 3, -3)}}}
		if shortcut {
			s.In = append(s.In, ir.Arg{Dims: dims})
		}
		return s
	}
	return ir.Doc{Text: "Batch normalisation in training with what follows it in a network: y = max((x - mean)/sqrt(variance + epsilon)*w + b + shortcut, 0), where the shortcut may be absent. " +
		"The batch's own mean and biased variance are the second and third result. The channel axis is the second or, with channels_last, the last. Groups are those of BatchNorm.",
		Samples: []ir.Sample{
			sample("map", f, false, 3, 2, 4, 3), sample("shortcut", f, true, 3, 2, 4, 3), sample("rows", f, false, 6, 2),
			sample("map, channels last", last, false, 3, 4, 3, 2), sample("shortcut, channels last", last, true, 3, 4, 3, 2), sample("thin", f, true, 4, 2, 1, 3),
			sample("groups", batchNormRelu{Eps: 1e-5, Groups: 2}, true, 6, 2, 1, 3), sample("groups, channels last", batchNormRelu{Eps: 1e-5, Last: true, Groups: 2}, false, 4, 4, 3, 2),
		}}
}

func (f batchNormRelu) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Scratch is that of the kernel.
func (f batchNormRelu) Scratch(n *ir.Node) Scratch { return batchNorm(f).Scratch(n) }

func (f batchNormRelu) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	grads := make([]*ir.Value, len(n.In))
	x, w, b, mean, variance := n.In[0], n.In[1], n.In[2], n.Out[1], n.Out[2]
	if dy[0] != nil {
		var y *ir.Value
		if len(n.In) > 3 {
			y = n.Out[0]
		}
		copy(grads, ir.Apply(batchNormReluGrad(f), dy[0], x, w, b, mean, variance, y))
	}
	grads[0] = batchNorm(f).statisticsGrad(n, dy, grads[0])
	return grads
}

func (f batchNormRelu) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f batchNormRelu) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	if n := f.Groups; n > 1 {
		f.Groups = 0
		return byGroup(n, in, []int{1, 2}, nil, f)
	}
	out := batchNorm(f).Body(in[:3])
	if len(in) > 3 {
		out[0] = op.Add(out[0], in[3])
	}
	out[0] = op.Relu(out[0])
	return out
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f batchNormRelu) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0, 3}, []int{0}
}

// Narrow: x, the shortcut and y; parameters and statistics are not.
func (batchNormRelu) Narrow() (in, out []int, begins bool) { return []int{0, 3}, []int{0}, false }
