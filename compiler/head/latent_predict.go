package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "latent_predict",
	Doc:      "A predictor on the projection of one view must point where the projection of another view points; no gradient passes through what it is to predict.",
	Equation: "loss = -mean_i cos(predictor(z_i), stop_gradient(z'_i)), between -1 and 1",
	Paper:    schema.Paper{Authors: "Grill, Strub, Altché, Tallec, Richemond, and others", Title: "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", Year: 2020, ID: "2006.07733"},
	Before:   "head=dict(type='LatentPredictHead', predictor=dict(type='NonLinearNeck', in_channels=256, hid_channels=4096, out_channels=256, with_avg_pool=False, …))",
}, New: func() Head { return &latentPredict{} }})

type latentPredict struct{ predictor neck.Neck }

func (h *latentPredict) Args(s *schema.Set) {
	schema.Child(s, &h.predictor, "predictor", neck.Table, "network on projections", true)
}

// Loss takes the projections [batch, dim] and what the predictor must give for them, of the same shape.
func (h *latentPredict) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "latent_predict", in, 2, 2) {
		return failed(s)
	}
	p := predict(s, h.predictor, in[0], in[1])
	if !p.Valid() {
		return failed(s)
	}
	cos := op.ReduceSum(op.Mul(nn.Unit(p, -1), nn.Unit(fn.StopGradient(in[1]), -1)), false, -1)
	return op.Neg(op.ReduceMean(cos, false))
}

// predict applies a head's predictor to z. What it gives must have the shape of the target.
func predict(s nn.Scope, predictor neck.Neck, z, target *ir.Value) *ir.Value {
	p := predictor.Forward(s.Sub("predictor"), []*ir.Value{z})[0]
	if p.Valid() && !p.Shape.Equal(target.Shape) {
		s.Errorf(predictor, "out_channels", "Shape mismatch", "The predictor gives %s, but is to predict %s. Write out_channels = %d.", p.Shape, target.Shape, target.Shape[1].Size)
		return failed(s)
	}
	return p
}
