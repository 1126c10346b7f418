package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "mocov3",
	Doc:      "Softmax over the batch: the prediction from one view of an image against the keys of the other views of all images.",
	Equation: "loss = 2τ · mean_i -log softmax_j( n(predictor(z_i))·n(k_j) / τ )[i], n(x) = x/|x|",
	Paper:    schema.Paper{Authors: "Chen, Xie, He", Title: "An Empirical Study of Training Self-Supervised Vision Transformers", Year: 2021, ID: "2104.02057"},
	Before:   "head=dict(type='MoCoV3Head', predictor=dict(type='NonLinearNeck', …), temperature=0.2)",
}, New: func() Head { return &mocov3{} }})

type mocov3 struct {
	predictor   neck.Neck
	temperature float64
}

func (h *mocov3) Args(s *schema.Set) {
	schema.Child(s, &h.predictor, "predictor", neck.Table, "network on projections", true)
	s.Float(&h.temperature, "temperature", 1, "softmax temperature τ", schema.Positive)
}

// Loss takes the projections [batch, dim] and the keys, of the same shape; row i of both is of image i. No gradient passes through the keys.
func (h *mocov3) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "mocov3", in, 2, 2) {
		return failed(s)
	}
	p := predict(s, h.predictor, in[0], in[1])
	if !p.Valid() {
		return failed(s)
	}
	loss := among(nn.Unit(p, -1), nn.Unit(fn.StopGradient(in[1]), -1), h.temperature)
	return op.Mul(loss, op.Scalar(loss, 2*h.temperature))
}

// among is the cross-entropy of finding row i of b by row i of a, both [batch, dim] with rows of length 1.
func among(a, b *ir.Value, temperature float64) *ir.Value {
	own := make([]int, a.Shape[0].Size)
	for i := range own {
		own[i] = i
	}
	return nn.InfoNCE(nn.Similarities(a, b), op.ConstInts(a.Graph(), own...), temperature)
}
