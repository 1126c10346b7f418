package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// BatchNormGrad is the gradient of BatchNorm's y with respect to x, w and b. Shapes: dy and x [batch, channel, …], mean and variance [group·channel], the others [channel].
func BatchNormGrad(dy, x, w, mean, variance *ir.Value, eps float64, groups int) (dx, dw, db *ir.Value) {
	o := ir.Apply(batchNormGrad{Eps: eps, Groups: manyGroups(groups)}, dy, x, w, mean, variance)
	return o[0], o[1], o[2]
}

type batchNormGrad batchNorm

var _ = register(batchNormGrad{Eps: 1e-5})

func (batchNormGrad) Name() string { return "BatchNormGrad" }

// MaxOutputs is the number of outputs.
func (batchNormGrad) MaxOutputs() int { return 3 }

func (batchNormGrad) Doc() ir.Doc {
	const why = "second derivatives of training are not used"
	f, last := batchNormGrad{Eps: 1e-5}, batchNormGrad{Eps: 1e-5, Last: true}
	c := ir.Arg{Dims: []int{2}}
	v := ir.Arg{Dims: []int{2}, Lo: 0.5, Hi: 2}
	c2, v2 := ir.Arg{Dims: []int{4}}, ir.Arg{Dims: []int{4}, Lo: 0.5, Hi: 2}
	return ir.Doc{Text: "Gradient of BatchNorm: with x̂ = (x - mean)/sqrt(variance + epsilon) and n elements per channel, db = Σ dy, dw = Σ dy·x̂, dx = w/sqrt(variance + epsilon)·(dy - db/n - x̂·dw/n).",
		Samples: []ir.Sample{
			{Label: "map", Op: f, NoGrad: why, In: []ir.Arg{{Dims: []int{3, 2, 4, 3}}, {Dims: []int{3, 2, 4, 3}}, c, c, v}},
			{Label: "rows", Op: f, NoGrad: why, In: []ir.Arg{{Dims: []int{5, 2}}, {Dims: []int{5, 2}}, c, c, v}},
			{Label: "map, channels last", Op: last, NoGrad: why, In: []ir.Arg{{Dims: []int{3, 4, 3, 2}}, {Dims: []int{3, 4, 3, 2}}, c, c, v}},
			{Label: "thin", Op: f, NoGrad: why, In: []ir.Arg{{Dims: []int{4, 2, 1, 3}}, {Dims: []int{4, 2, 1, 3}}, c, c, v}},
			{Label: "groups", Op: batchNormGrad{Eps: 1e-5, Groups: 2}, NoGrad: why, In: []ir.Arg{{Dims: []int{4, 2, 1, 3}}, {Dims: []int{4, 2, 1, 3}}, c, c2, v2}},
			{Label: "groups, channels last", Op: batchNormGrad{Eps: 1e-5, Last: true, Groups: 2}, NoGrad: why, In: []ir.Arg{{Dims: []int{4, 4, 3, 2}}, {Dims: []int{4, 4, 3, 2}}, c, c2, v2}},
		}}
}

func (f batchNormGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Scratch is that of the kernel.
func (f batchNormGrad) Scratch(n *ir.Node) Scratch {
	return Scratch{Once: channelSums(n.In[1], batchNorm(f))}
}

func (batchNormGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f batchNormGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body writes dx as a·dy + (k·(x - mean) + c) with per-channel a, k and c: few passes over the large tensors.
func (f batchNormGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	if n := f.Groups; n > 1 {
		f.Groups = 0
		return byGroup(n, in, []int{2}, []int{1, 2}, f)
	}
	dy, x := in[0], in[1]
	w, mean, variance := perChannel(in[2], x, f.Last), perChannel(in[3], x, f.Last), perChannel(in[4], x, f.Last)
	axes := allBut(x, f.Last)
	n := batchNorm(f).count(x)
	rstd := op.Div(op.Scalar(x, 1), op.Sqrt(op.Add(variance, op.Scalar(x, f.Eps))))
	centred := op.Sub(x, mean)
	db := op.ReduceSum(dy, true, axes...)
	dw := op.Mul(op.ReduceSum(op.Mul(dy, centred), true, axes...), rstd)
	a := op.Mul(w, rstd)
	k := op.Mul(op.Mul(a, rstd), op.Mul(dw, op.Scalar(x, -1/n)))
	c := op.Mul(a, op.Mul(db, op.Scalar(x, -1/n)))
	dx := op.Add(op.Mul(dy, a), op.Add(op.Mul(centred, k), c))
	s := ir.Shape{x.Shape[channelAxis(x, f.Last)]}
	return []*ir.Value{dx, op.Reshape(dw, s), op.Reshape(db, s)}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f batchNormGrad) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0, 1}, []int{0}
}

// Narrow: dy, x and dx; parameters, statistics and their gradients are not.
func (batchNormGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, false }
