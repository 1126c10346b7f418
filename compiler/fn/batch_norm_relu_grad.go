package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type batchNormReluGrad batchNorm

var _ = register(batchNormReluGrad{Eps: 1e-5})

func (batchNormReluGrad) Name() string { return "BatchNormReluGrad" }

// MaxOutputs is the number of outputs.
func (batchNormReluGrad) MaxOutputs() int { return 4 }

func (batchNormReluGrad) Doc() ir.Doc {
	f, last := batchNormReluGrad{Eps: 1e-5}, batchNormReluGrad{Eps: 1e-5, Last: true}
	c := ir.Arg{Dims: []int{2}}
	sample := func(label string, f batchNormReluGrad, shortcut bool, dims ...int) ir.Sample {
		x, groups := ir.Arg{Dims: dims}, 2*max(f.Groups, 1)
		s := ir.Sample{Label: label, Op: f, NoGrad: "second derivatives of training are not used", In: []ir.Arg{x, x, c, c, {Dims: []int{groups}}, {Dims: []int{groups}, Lo: 0.5, Hi: 2}}}
		if shortcut {
			y := ir.NewTensor(ir.Float32, dims...)
			for i := range y.Data {
				y.Data[i] = float64(i % 3)
			}
			s.In = append(s.In, ir.Arg{Value: y})
		}
		return s
	}
	return ir.Doc{Text: "Gradient of BatchNormRelu, given dy, x, w, b, mean, variance and, if there is a shortcut, y: that of BatchNorm for g = dy where y > 0 and 0 elsewhere; y is never negative. Without y it is computed anew. " +
		"The results are dx, dw, db and, with a shortcut, its gradient g.",
		Samples: []ir.Sample{
			sample("map", f, false, 3, 2, 4, 3), sample("shortcut", f, true, 3, 2, 4, 3), sample("rows", f, false, 5, 2),
			sample("map, channels last", last, false, 3, 4, 3, 2), sample("shortcut, channels last", last, true, 3, 4, 3, 2), sample("thin", f, true, 4, 2, 1, 3),
			sample("groups", batchNormReluGrad{Eps: 1e-5, Groups: 2}, false, 6, 2, 1, 3), sample("groups, channels last", batchNormReluGrad{Eps: 1e-5, Last: true, Groups: 3}, true, 6, 4, 3, 2),
		}}
}

func (f batchNormReluGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Scratch is that of the kernel.
func (f batchNormReluGrad) Scratch(n *ir.Node) Scratch {
	return Scratch{Once: channelSums(n.In[1], batchNorm(f))}
}

func (batchNormReluGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f batchNormReluGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f batchNormReluGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	if n := f.Groups; n > 1 {
		f.Groups = 0
		return byGroup(n, in, []int{2, 3}, []int{1, 2}, f)
	}
	dy, x, w, b, mean, variance := in[0], in[1], in[2], in[3], in[4], in[5]
	if len(in) > 6 && in[6] != nil {
		g := op.Mul(dy, op.Sign(in[6]))
		return append(batchNormGrad(f).Body([]*ir.Value{g, x, w, mean, variance}), g)
	}
	scale := op.Div(w, op.Sqrt(op.Add(variance, op.Scalar(variance, f.Eps))))
	shift := op.Sub(b, op.Mul(mean, scale))
	y := op.Add(op.Mul(x, perChannel(scale, x, f.Last)), perChannel(shift, x, f.Last))
	return batchNormGrad(f).Body([]*ir.Value{op.Mul(dy, op.Sign(op.Relu(y))), x, w, mean, variance})
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f batchNormReluGrad) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0, 1, 6}, []int{0, 3}
}

// Narrow: dy, x, y, dx and g; parameters, statistics and their gradients are not.
func (batchNormReluGrad) Narrow() (in, out []int, begins bool) {
	return []int{0, 1, 6}, []int{0, 3}, false
}
