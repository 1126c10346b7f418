package nn

import (
	"fmt"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/plan"
)

// TokenInit names how the layers of a vision transformer start.
type TokenInit string

// The ways in which the field starts vision transformers. Biases start at 0 in all of them.
const (
	// TokenInitMoCoV3 draws weights from Glorot and Bengio's uniform distribution, those of queries, keys and values as three layers, and starts the class
	// token near 0, N(0, 1e-6²): Chen, Xie and He 2021.
	TokenInitMoCoV3 TokenInit = "mocov3"
	// TokenInitMAE draws weights from Glorot and Bengio's uniform distribution and tokens from N(0, 0.02²): He et al. 2021.
	TokenInitMAE TokenInit = "mae"
	// TokenInitTruncNormal draws everything from N(0, 0.02²) cut at ±2: DeiT, DINO, BEiT.
	TokenInitTruncNormal TokenInit = "trunc_normal"
)

// Linear is the start of a layer's weight.
func (t TokenInit) Linear(in, out int) plan.Init {
	if t == TokenInitTruncNormal {
		return TruncNormal(0.02)
	}
	return XavierUniform(in, out)
}

// qkv is the start of the layer of queries, keys and values, from dim to 3·dim.
func (t TokenInit) qkv(dim int) plan.Init {
	if t == TokenInitMoCoV3 {
		return XavierUniform(dim, dim)
	}
	return t.Linear(dim, 3*dim)
}

// Token is the start of a class or mask token.
func (t TokenInit) Token() plan.Init {
	switch t {
	case TokenInitMoCoV3:
		return Normal(0, 1e-6)
	case TokenInitMAE:
		return Normal(0, 0.02)
	}
	return TruncNormal(0.02)
}

// Dense is act(x·Wᵀ + b) over the last axis, with weight [out, in] and bias [out], which starts at 0. Shapes: x [batch, …, in] to [batch, …, out].
func Dense(s Scope, x *ir.Value, out int, bias bool, init plan.Init, act fn.Activation) *ir.Value {
	defer s.Enter()()
	if !x.Valid() {
		return s.B.Failed()
	}
	w := s.Param("weight", ir.Named("out", out, "in", x.Shape[len(x.Shape)-1].Size), init)
	var b *ir.Value
	if bias {
		b = s.Param("bias", ir.Named("out", out), Constant(0))
	}
	y := fn.Linear(x, w, b, act)
	if y.Valid() {
		y.Shape[len(y.Shape)-1].Name = "dim"
	}
	return y
}

// LayerNorm normalises over the last axis, with parameters weight and bias.
func LayerNorm(s Scope, x *ir.Value, eps float64) *ir.Value {
	defer s.Enter()()
	if !x.Valid() {
		return s.B.Failed()
	}
	c := ir.Shape{{Name: "dim", Size: x.Shape[len(x.Shape)-1].Size}}
	return fn.LayerNorm(x, s.Param("weight", c, Constant(1)), s.Param("bias", c, Constant(0)), eps)
}

// Patches turns images into tokens: the convolution of kernel and stride p that ViT begins with, as a linear layer over the pixels of each patch. Its
// parameters are those of the convolution, weight [dim, channel, p, p] and bias [dim]. Tokens are in row-major order. Shapes: x [batch, channel, height,
// width], whose sides p must divide, to [batch, token, dim].
func Patches(s Scope, x *ir.Value, p, dim int, t TokenInit) *ir.Value {
	defer s.Enter()()
	if !rank(x, 4, "a patch embedding") {
		return s.B.Failed()
	}
	c, h, w := x.Shape[1].Size, x.Shape[2].Size, x.Shape[3].Size
	if h%p != 0 || w%p != 0 {
		s.B.G.Errorf("Shape mismatch", "Patches of %dx%d pixels do not cover the input, which is %s. Give images whose sides are multiples of %d, or another patch_size.", p, p, x.Shape, p)
		return s.B.Failed()
	}
	in := c * p * p
	cut := op.Reshape(x, ir.Shape{x.Shape[0], x.Shape[1], {Name: "row", Size: h / p}, {Size: p}, {Name: "column", Size: w / p}, {Size: p}})
	flat := op.Reshape(op.Transpose(cut, 0, 2, 4, 1, 3, 5), ir.Shape{x.Shape[0], {Name: "token", Size: h / p * (w / p)}, {Name: "pixel", Size: in}})
	weight := s.Param("weight", ir.Named("out", dim, "in", c, "kernel", p, "kernel", p), t.Linear(in, dim))
	bias := s.Param("bias", ir.Named("out", dim), Constant(0))
	y := fn.Linear(flat, op.Reshape(weight, ir.Named("out", dim, "pixel", in)), bias, fn.NoActivation)
	if y.Valid() {
		y.Shape[2].Name = "dim"
	}
	return y
}

// Block describes a pre-norm block of a transformer, Dosovitskiy et al. 2020, eq. 2 and 3: x += attention(norm(x)), then x += mlp(norm(x)).
type Block struct {
	Heads, Hidden int // heads, size between the two layers of the MLP
	QKVBias       bool
	Eps           float64 // of the norms
	Init          TokenInit
}

// Apply builds the block on tokens, with parameters named as MMClassification does: ln1, attn.qkv, attn.proj, ln2, ffn.layers.0.0, ffn.layers.1. drop is what
// happens to branch 0, the attention, and 1, the MLP, before they are added. Shapes: x [batch, token, dim] to the same; Heads divides dim.
func (b Block) Apply(s Scope, x *ir.Value, drop func(i int, branch *ir.Value) *ir.Value) *ir.Value {
	defer s.Enter()()
	if !rank(x, 3, "a transformer block") {
		return s.B.Failed()
	}
	defer s.Recomputed()()
	dim := x.Shape[2].Size
	attn, ffn := s.Sub("attn"), s.Sub("ffn")
	y := Dense(attn.Sub("qkv"), LayerNorm(s.Sub("ln1"), x, b.Eps), 3*dim, b.QKVBias, b.Init.qkv(dim), fn.NoActivation)
	y = Dense(attn.Sub("proj"), fn.SelfAttention(y, b.Heads), dim, true, b.Init.Linear(dim, dim), fn.NoActivation)
	x = op.Add(x, drop(0, y))
	y = Dense(ffn.Sub("layers.0.0"), LayerNorm(s.Sub("ln2"), x, b.Eps), b.Hidden, true, b.Init.Linear(dim, b.Hidden), fn.GELU)
	y = Dense(ffn.Sub("layers.1"), y, dim, true, b.Init.Linear(b.Hidden, dim), fn.NoActivation)
	return op.Add(x, drop(1, y))
}

// DropPaths is stochastic depth (Huang et al. 2016) for n branches on a batch. The numbers are the host's, [branch, batch]. In a scope of evaluation nothing is
// dropped.
type DropPaths struct {
	s     Scope
	n     int
	noise *ir.Value
}

// NewDropPaths is for one pass of a network over a batch: each pass has draws of its own.
func NewDropPaths(s Scope, n int) *DropPaths { return &DropPaths{s: s, n: n} }

// Drop makes branch i 0 for each sample with probability rate and divides the others by 1 - rate. Shapes: x [batch, …] to the same.
func (d *DropPaths) Drop(i int, rate float64, x *ir.Value) *ir.Value {
	if rate == 0 || d.s.eval || !x.Valid() {
		return x
	}
	if d.noise == nil {
		d.noise = d.s.B.Noise(d.name(), ir.Shape{{Name: "branch", Size: d.n}, x.Shape[0]})
	}
	u := op.Gather(d.noise, op.Const(d.s.B.G, ir.ScalarTensor(ir.Int64, float64(i))), 0)
	kept := op.Cast(op.GreaterOrEqual(u, op.Scalar(u, rate)), x.DType)
	axes := make([]int, len(x.Shape)-1)
	for k := range axes {
		axes[k] = k + 1
	}
	return op.Mul(x, op.Unsqueeze(op.Mul(kept, op.Scalar(kept, 1/(1-rate))), axes...))
}

// name is the first that no pass before has taken.
func (d *DropPaths) name() string {
	for i := 1; ; i++ {
		name := join(d.s.path, "drop_path")
		if i > 1 {
			name = fmt.Sprintf("%s%d", name, i)
		}
		if d.s.B.fields[name] == nil {
			return name
		}
	}
}
