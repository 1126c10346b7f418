package nn

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

// Norm is a normalisation layer: the `norm` block of a component.
type Norm interface {
	schema.Component
	// Apply normalises x in the scope s; zero starts the gain at 0 instead of 1.
	Apply(s Scope, x *ir.Value, zero bool) *ir.Value
}

// Norms is the table of normalisation layers.
var Norms = schema.NewTable[Norm]("norm")

var batchNormPaper = schema.Paper{Authors: "Ioffe, Szegedy", Title: "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", Year: 2015, ID: "1502.03167"}

var _ = Norms.Register(schema.Entry[Norm]{Info: schema.Info{Name: "bn", Paper: batchNormPaper, Before: "norm_cfg=dict(type='BN')",
	Doc:      "Batch normalisation: each channel is normalised by its mean and variance over the batch and all positions.",
	Equation: "y = (x - mean) / sqrt(var + eps) * weight + bias"}, New: func() Norm { return &batchNorm{} }})

var _ = Norms.Register(schema.Entry[Norm]{Info: schema.Info{Name: "sync_bn", Paper: batchNormPaper, Before: "norm_cfg=dict(type='SyncBN')",
	Doc: "Batch normalisation with statistics over the batches of all processes; in one process it is bn."}, New: func() Norm { return &batchNorm{} }})

type batchNorm struct {
	eps, momentum float64
	affine        bool
}

func (n *batchNorm) Args(s *schema.Set) {
	s.Float(&n.eps, "eps", 1e-5, "added to the variance", schema.Positive)
	s.Float(&n.momentum, "momentum", 0.1, "share of the batch's statistics in the running ones after a step", schema.Fraction)
	s.Bool(&n.affine, "affine", true, "whether a gain and an offset per channel are learnt")
}

// Apply normalises over all axes but the second. In training it also moves running_mean and running_var (the unbiased variance, as PyTorch keeps it), group
// after group.
func (n *batchNorm) Apply(s Scope, x *ir.Value, zero bool) *ir.Value {
	return n.apply(s, x, zero, nil, fn.BatchNorm)
}

// applyRelu is Relu(Apply + shortcut) in one pass over the maps.
func (n *batchNorm) applyRelu(s Scope, x *ir.Value, zero bool, shortcut *ir.Value) *ir.Value {
	if shortcut != nil && !shortcut.Valid() {
		return shortcut
	}
	end := func(y *ir.Value) *ir.Value { return reluOf(y, shortcut) }
	return n.apply(s, x, zero, end, func(x, w, b *ir.Value, eps float64, groups int) (y, mean, variance *ir.Value) {
		return fn.BatchNormRelu(x, w, b, shortcut, eps, groups)
	})
}

// apply normalises by train, a function that gives the result and the groups' means and variances, or, with running statistics, by ONNX's operator, with end behind it unless that is nil.
func (n *batchNorm) apply(s Scope, x *ir.Value, zero bool, end func(*ir.Value) *ir.Value, train func(x, w, b *ir.Value, eps float64, groups int) (y, mean, variance *ir.Value)) *ir.Value {
	if !x.Valid() {
		return x
	}
	defer s.Enter()()
	c := ir.Shape{{Name: "channel", Size: x.Shape[1].Size}}
	var w, b *ir.Value
	if n.affine {
		gain := 1.0
		if zero {
			gain = 0
		}
		w, b = s.Param("weight", c, Constant(gain)), s.Param("bias", c, Constant(0))
	} else {
		w, b = ones(x, c, 1), ones(x, c, 0)
	}
	mean, variance := s.Buffer("running_mean", c, Constant(0)), s.Buffer("running_var", c, Constant(1))
	if s.eval {
		y := op.BatchNormalization(x, w, b, mean.Current(), variance.Current(), n.eps)
		if end != nil {
			y = end(y)
		}
		return y
	}
	if x.Shape[0].Size%s.groups != 0 {
		s.B.G.Errorf("Shape mismatch", "Batch norm over %d groups needs a batch that they divide, but the input is %s.", s.groups, x.Shape)
		return s.B.Failed()
	}
	y, m, v := train(x, w, b, n.eps, s.groups)
	if !y.Valid() {
		return y
	}
	means, variances := []*ir.Value{m}, []*ir.Value{v}
	if s.groups > 1 {
		means, variances = op.SplitEvenly(m, 0, s.groups), op.SplitEvenly(v, 0, s.groups)
	}
	for g := range means {
		n.move(x.Shape.Elems()/x.Shape[1].Size/s.groups, mean, variance, means[g], variances[g])
	}
	return y
}

// NormRelu is Relu(Apply + shortcut) of the norm, with a nil shortcut Relu(Apply): the end of a layer, as one function where the norm has one. Shapes: x and shortcut as
// Apply takes and gives them.
func NormRelu(n Norm, s Scope, x *ir.Value, zero bool, shortcut *ir.Value) *ir.Value {
	if bn, ok := n.(*batchNorm); ok {
		return bn.applyRelu(s, x, zero, shortcut)
	}
	return reluOf(n.Apply(s, x, zero), shortcut)
}

func reluOf(y, shortcut *ir.Value) *ir.Value {
	if shortcut != nil {
		y = op.Add(y, shortcut)
	}
	return op.Relu(y)
}

// move advances the running statistics by those of a group with count elements of each channel.
func (n *batchNorm) move(count int, mean, variance *State, m, v *ir.Value) {
	unbias := float64(count) / max(float64(count-1), 1)
	mix := func(st *State, batch *ir.Value, scale float64) {
		old := st.Current()
		st.New = op.Add(op.Mul(old, op.Scalar(old, 1-n.momentum)), op.Mul(batch, op.Scalar(batch, n.momentum*scale)))
	}
	mix(mean, m, 1)
	mix(variance, v, unbias)
}

// Standardize gives each column mean 0 and deviation 1 over the batch: a batch norm without parameters and memory. Shapes: [batch, dim] to the same.
func Standardize(x *ir.Value, eps float64) *ir.Value {
	c := ir.Shape{{Name: "channel", Size: x.Shape[1].Size}}
	y, _, _ := fn.BatchNorm(x, ones(x, c, 1), ones(x, c, 0), eps, 1)
	return y
}

func ones(like *ir.Value, s ir.Shape, x float64) *ir.Value {
	t := ir.NewTensor(like.DType, s.Sizes()...)
	for i := range t.Data {
		t.Data[i] = x
	}
	return op.Const(like.Graph(), t)
}

var _ = Norms.Register(schema.Entry[Norm]{Info: schema.Info{Name: "ln", Before: "norm_cfg=dict(type='LN')",
	Paper:    schema.Paper{Authors: "Ba, Kiros, Hinton", Title: "Layer Normalization", Year: 2016, ID: "1607.06450"},
	Doc:      "Layer normalisation over the last axis.",
	Equation: "y = (x - mean) / sqrt(var + eps) * weight + bias"}, New: func() Norm { return &layerNorm{} }})

type layerNorm struct{ eps float64 }

func (n *layerNorm) Args(s *schema.Set) {
	s.Float(&n.eps, "eps", 1e-6, "added to the variance", schema.Positive)
}

func (n *layerNorm) Apply(s Scope, x *ir.Value, zero bool) *ir.Value {
	if !x.Valid() {
		return x
	}
	defer s.Enter()()
	gain := 1.0
	if zero {
		gain = 0
	}
	c := ir.Shape{{Name: "dim", Size: x.Shape[len(x.Shape)-1].Size}}
	return fn.LayerNorm(x, s.Param("weight", c, Constant(gain)), s.Param("bias", c, Constant(0)), n.eps)
}

var _ = Norms.Register(schema.Entry[Norm]{Info: schema.Info{Name: "gn", Before: "norm_cfg=dict(type='GN', num_groups=32)",
	Paper:    schema.Paper{Authors: "Wu, He", Title: "Group Normalization", Year: 2018, ID: "1803.08494"},
	Doc:      "Group normalisation: each sample's channels are normalised in num_groups groups.",
	Equation: "y = (x - mean_g) / sqrt(var_g + eps) * weight + bias"}, New: func() Norm { return &groupNorm{} }})

type groupNorm struct {
	eps    float64
	groups int
}

func (n *groupNorm) Args(s *schema.Set) {
	s.Int(&n.groups, "num_groups", 32, "number of groups; it must divide the channels", schema.Positive)
	s.Float(&n.eps, "eps", 1e-5, "added to the variance", schema.Positive)
}

// Apply normalises [batch, channel, …] per sample and group of channels.
func (n *groupNorm) Apply(s Scope, x *ir.Value, zero bool) *ir.Value {
	if !x.Valid() {
		return x
	}
	defer s.Enter()()
	channels := x.Shape[1].Size
	if channels%n.groups != 0 {
		s.B.G.Errorf("Shape mismatch", "Group norm with num_groups = %d needs a channel count that it divides, but the input is %s.", n.groups, x.Shape)
		return s.B.Failed()
	}
	gain := 1.0
	if zero {
		gain = 0
	}
	rest := 1
	for _, d := range x.Shape[1:] {
		rest *= d.Size
	}
	flat := op.Reshape(x, ir.Shape{x.Shape[0], {Name: "group", Size: n.groups}, {Size: rest / n.groups}})
	centred := op.Sub(flat, op.ReduceMean(flat, true, -1))
	variance := op.ReduceMean(op.Mul(centred, centred), true, -1)
	y := op.Div(centred, op.Sqrt(op.Add(variance, op.Scalar(variance, n.eps))))
	c := ir.Dims(append([]int{channels}, make([]int, len(x.Shape)-2)...)...)
	for i := range c[1:] {
		c[i+1].Size = 1
	}
	cs := ir.Shape{{Name: "channel", Size: channels}}
	w, b := s.Param("weight", cs, Constant(gain)), s.Param("bias", cs, Constant(0))
	return op.Add(op.Mul(op.Reshape(y, x.Shape), op.Reshape(w, c)), op.Reshape(b, c))
}

// BatchNorm is a batch norm with gain and offset whose running statistics take in a share of momentum of each batch's, for components that fix it.
func BatchNorm(eps, momentum float64) Norm {
	return &batchNorm{eps: eps, momentum: momentum, affine: true}
}

// WithoutAffine is the norm without gain and offset, for norms that can do without; others are returned as they are.
func WithoutAffine(n Norm) Norm {
	if bn, ok := n.(*batchNorm); ok {
		c := *bn
		c.affine = false
		return &c
	}
	return n
}
