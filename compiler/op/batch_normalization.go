package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// BatchNormalization normalises each channel with the given statistics: (x - mean) / √(variance + eps) · scale + b.
//
// Shapes: x [batch, channel, …], the others [channel].
func BatchNormalization(x, scale, b, mean, variance *ir.Value, eps float64) *ir.Value {
	return ir.Apply1(batchNormalization{Epsilon: eps, Momentum: 0.9}, x, scale, b, mean, variance)
}

// BatchNormalizationTraining normalises with the batch's own mean and biased variance, and returns running·momentum + batch·(1-momentum) for both.
func BatchNormalizationTraining(x, scale, b, mean, variance *ir.Value, eps, momentum float64) (y, runningMean, runningVar *ir.Value) {
	out := ir.Apply(batchNormalization{Epsilon: eps, Momentum: momentum, Training: true}, x, scale, b, mean, variance)
	return out[0], out[1], out[2]
}

type batchNormalization struct {
	Epsilon  float64 `attr:"epsilon"`
	Momentum float64 `attr:"momentum"`
	Training bool    `attr:"training_mode,omitempty"`
}

var _ = register(batchNormalization{Epsilon: 1e-5, Momentum: 0.9})

func (batchNormalization) Name() string { return "BatchNormalization" }

func (batchNormalization) Doc() ir.Doc {
	with := func(label string, training bool, dims ...int) ir.Sample {
		c := []int{dims[1]}
		return ir.Sample{Label: label, Op: batchNormalization{1e-5, 0.9, training}, Tol: 1e-4,
			In: []ir.Arg{{Dims: dims}, {Dims: c}, {Dims: c}, {Dims: c}, {Dims: c, Lo: 0.5, Hi: 2}}}
	}
	return ir.Doc{Text: "(x - mean) / √(variance + epsilon) · scale + b for each channel, with given statistics, or in training_mode with the batch's own and updated running statistics.", Samples: []ir.Sample{
		with("inference", false, 2, 3, 2, 4), with("rows", false, 4, 3), with("training", true, 3, 2, 2, 3), with("thin", true, 4, 1, 1, 2),
	}}
}

// MaxOutputs counts the running statistics of training mode.
func (o batchNormalization) MaxOutputs() int {
	if o.Training {
		return 3
	}
	return 1
}

func (o batchNormalization) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 5, 5); err != nil {
		return nil, err
	}
	if err := sameDType(true, in...); err != nil {
		return nil, err
	}
	x := in[0].Shape
	if len(x) < 2 {
		return nil, fmt.Errorf("input %s must be [batch, channel, …]", x)
	}
	for i, what := range []string{"scale", "bias", "mean", "variance"} {
		if !in[i+1].Shape.Equal(x[1:2]) {
			return nil, fmt.Errorf("%s %s does not fit input %s; %s would", what, in[i+1].Shape, x, x[1:2])
		}
	}
	types := []ir.Type{in[0].Type, in[3].Type, in[4].Type}
	return types[:o.MaxOutputs()], nil
}

// perChannel gives v, a vector over the channels, the rank of x.
func perChannel(v *ir.Value, x ir.Shape) *ir.Value {
	s := ir.Shape{{Size: 1}, x[1]}
	for range x[2:] {
		s = append(s, ir.Dim{Size: 1})
	}
	return Reshape(v, s)
}

func (o batchNormalization) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, s := n.In[0], n.In[0].Shape
	axes := append([]int{0}, spatialAxes(s)...)
	mean, variance := n.In[3], n.In[4]
	if o.Training {
		mean = ReduceMean(x, false, axes...)
		dev := Sub(x, perChannel(mean, s))
		variance = ReduceMean(Mul(dev, dev), false, axes...)
	}
	inv := Reciprocal(Sqrt(Add(variance, Scalar(x, o.Epsilon))))
	gain := Mul(n.In[1], inv)
	hat := Mul(Sub(x, perChannel(mean, s)), perChannel(inv, s))
	grads := make([]*ir.Value, 5)
	if d := dy[0]; d != nil {
		db := channelSum(d)
		dscale := channelSum(Mul(d, hat))
		if !o.Training {
			dmean := Neg(Mul(gain, db))
			dvar := Mul(Mul(Mul(gain, inv), dscale), Scalar(x, -0.5))
			return []*ir.Value{Mul(d, perChannel(gain, s)), dscale, db, dmean, dvar}
		}
		m := Scalar(x, 1/float64(s.Elems()/s[1].Size))
		back := Sub(Sub(d, perChannel(Mul(db, m), s)), Mul(hat, perChannel(Mul(dscale, m), s)))
		grads[0], grads[1], grads[2] = Mul(back, perChannel(gain, s)), dscale, db
	}
	o.runningGrad(grads, n, dy, mean)
	return grads
}

// runningGrad adds what the running statistics send back to x, and to the statistics that they continue.
func (o batchNormalization) runningGrad(grads []*ir.Value, n *ir.Node, dy []*ir.Value, mean *ir.Value) {
	x, s := n.In[0], n.In[0].Shape
	share := (1 - o.Momentum) / float64(s.Elems()/s[1].Size)
	add := func(d *ir.Value) {
		if grads[0] != nil {
			d = Add(grads[0], d)
		}
		grads[0] = d
	}
	if dy[1] != nil {
		grads[3] = Mul(dy[1], Scalar(x, o.Momentum))
		add(Expand(perChannel(Mul(dy[1], Scalar(x, share)), s), s))
	}
	if dy[2] != nil {
		grads[4] = Mul(dy[2], Scalar(x, o.Momentum))
		add(Mul(Sub(x, perChannel(mean, s)), perChannel(Mul(dy[2], Scalar(x, 2*share)), s)))
	}
}

func (o batchNormalization) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, scale, b, mean, variance := in[0], in[1], in[2], in[3], in[4]
	inner := ir.Dims(x.Dims[2:]...).Elems()
	channel := func(i int) int { return i / inner % x.Dims[1] }
	out := []*ir.Tensor{nil, mean.Clone(), variance.Clone()}
	if o.Training {
		mean, variance = channelMoments(x, channel)
		for i := range mean.Data {
			out[1].Data[i] = out[1].Data[i]*o.Momentum + mean.Data[i]*(1-o.Momentum)
			out[2].Data[i] = out[2].Data[i]*o.Momentum + variance.Data[i]*(1-o.Momentum)
		}
	}
	y := x.Clone()
	for i, v := range x.Data {
		c := channel(i)
		y.Data[i] = (v-mean.Data[c])/math.Sqrt(variance.Data[c]+o.Epsilon)*scale.Data[c] + b.Data[c]
	}
	out[0] = y
	return out[:o.MaxOutputs()]
}

// channelMoments are the mean and biased variance of each channel.
func channelMoments(x *ir.Tensor, channel func(i int) int) (mean, variance *ir.Tensor) {
	c := x.Dims[1]
	mean, variance = ir.NewTensor(x.DType, c), ir.NewTensor(x.DType, c)
	m := float64(len(x.Data)) / float64(c)
	for i, v := range x.Data {
		mean.Data[channel(i)] += v / m
	}
	for i, v := range x.Data {
		d := v - mean.Data[channel(i)]
		variance.Data[channel(i)] += d * d / m
	}
	return mean, variance
}
