package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// BatchNorm normalises each channel (axis 1) of x by its mean and biased variance over all other axes, then applies the gain w and the offset b.
// Shapes: x [batch, channel, …], w and b [channel]; results y like x, mean and variance [channel]. Ioffe and Szegedy 2015, algorithm 1.
func BatchNorm(x, w, b *ir.Value, eps float64) (y, mean, variance *ir.Value) {
	o := ir.Apply(batchNorm{eps}, x, w, b)
	return o[0], o[1], o[2]
}

type batchNorm struct {
	Eps float64 `attr:"epsilon"`
}

var _ = register(batchNorm{Eps: 1e-5})

func (batchNorm) Name() string { return "BatchNorm" }

// MaxOutputs is the number of outputs.
func (batchNorm) MaxOutputs() int { return 3 }

func (batchNorm) Doc() ir.Doc {
	f := batchNorm{1e-5}
	return ir.Doc{Text: "Batch normalisation in training: y = (x - mean)/sqrt(variance + epsilon)*w + b with the batch's own mean and biased variance, which are the second and third result.",
		Samples: []ir.Sample{
			{Label: "map", Op: f, In: []ir.Arg{{Dims: []int{3, 2, 4, 3}}, {Dims: []int{2}}, {Dims: []int{2}}}},
			{Label: "rows", Op: batchNorm{1e-3}, In: []ir.Arg{{Dims: []int{6, 3}}, {Dims: []int{3}}, {Dims: []int{3}}}},
			{Label: "thin", Op: f, In: []ir.Arg{{Dims: []int{4, 2, 1, 3}}, {Dims: []int{2}}, {Dims: []int{2}}}},
		}}
}

func (f batchNorm) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (f batchNorm) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, w, mean, variance := n.In[0], n.In[1], n.Out[1], n.Out[2]
	var dx, dw, db *ir.Value
	if dy[0] != nil {
		dx, dw, db = BatchNormGrad(dy[0], x, w, mean, variance, f.Eps)
	}
	count := float64(x.Shape.Elems() / x.Shape[1].Size)
	add := func(v *ir.Value) {
		if dx == nil {
			dx = v
			return
		}
		dx = op.Add(dx, v)
	}
	if dy[1] != nil {
		d := perChannel(dy[1], x)
		add(op.Expand(op.Mul(d, op.Scalar(d, 1/count)), x.Shape))
	}
	if dy[2] != nil {
		d := perChannel(dy[2], x)
		add(op.Mul(op.Sub(x, perChannel(mean, x)), op.Mul(d, op.Scalar(d, 2/count))))
	}
	return []*ir.Value{dx, dw, db}
}

func (f batchNorm) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body passes over x four times: mean, centring, squares, and the result by ONNX's inference form of the operator.
func (f batchNorm) Body(in []*ir.Value) []*ir.Value {
	x, w, b := in[0], in[1], in[2]
	axes := allBut1(x)
	mean := op.ReduceMean(x, true, axes...)
	n := float64(x.Shape.Elems() / x.Shape[1].Size)
	squares := op.ReduceSumSquare(op.Sub(x, mean), false, axes...)
	variance := op.Mul(squares, op.Scalar(x, 1/n))
	mean = op.Reshape(mean, ir.Shape{x.Shape[1]})
	return []*ir.Value{op.BatchNormalization(x, w, b, mean, variance, f.Eps), mean, variance}
}

// perChannel gives a [channel] vector the shape [1, channel, 1, …] that broadcasts against x.
func perChannel(v, x *ir.Value) *ir.Value {
	s := ir.Dims(make([]int, len(x.Shape))...)
	for i := range s {
		s[i].Size = 1
	}
	s[1] = x.Shape[1]
	return op.Reshape(v, s)
}

// allBut1 lists every axis of x but the second.
func allBut1(x *ir.Value) []int {
	axes := []int{0}
	for i := 2; i < len(x.Shape); i++ {
		axes = append(axes, i)
	}
	return axes
}
