package neck

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "dino",
	Doc: "Projector of DINO: layers with GELU, a bottleneck whose rows get length 1, and a last layer whose rows have length 1: out_channels cosines, which the head takes for logits. It joins the maps of all crops " +
		"into one batch. The authors keep the last layer still for the first epoch.",
	Equation: "y = n(V) n(fc gelu … gelu fc x), n(x) = x/|x|",
	Paper:    schema.Paper{Authors: "Caron, Touvron, Misra, Jégou, Mairal, Bojanowski, Joulin", Title: "Emerging Properties in Self-Supervised Vision Transformers", Year: 2021, ID: "2104.14294"},
}, New: func() Neck { return &dino{} }})

type dino struct {
	in, hid, bottleneck, out, layers, poolSize, freeze int
	pool                                               bool
}

func (n *dino) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of the pooled input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.hid, "hid_channels", 2048, "size between the layers", schema.Positive)
	s.Int(&n.bottleneck, "bottleneck_channels", 256, "size before the last layer", schema.Positive)
	s.Int(&n.out, "out_channels", 65536, "size of the output, K of the paper", schema.Positive)
	s.Int(&n.layers, "num_layers", 3, "number of linear layers before the last", schema.Between(1, 16))
	s.Int(&n.freeze, "freeze_last_layer", 1, "epochs at the beginning in which the last layer stays", schema.NonNegative)
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Int(&n.poolSize, "pool_size", 1, "cells per side that feature maps are averaged to", schema.Positive)
}

// Forward joins all it is given along the batch axis. Parameters are named as the authors do: mlp.0, mlp.2, …, last_layer.weight_v.
func (n *dino) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := joined(s, n, x, n.pool, n.poolSize, n.in)
	if !z.Valid() {
		return []*ir.Value{z}
	}
	small := nn.TruncNormal(0.02)
	for i := range n.layers {
		out := n.hid
		if i == n.layers-1 {
			out = n.bottleneck
		}
		if i > 0 {
			z = gelu(z)
		}
		z = nn.Linear(s.Sub(fmt.Sprintf("mlp.%d", 2*i)), z, out, true, &small)
	}
	last := s.Sub("last_layer")
	v := last.Param("weight_v", ir.Named("out", n.out, "in", n.bottleneck), nn.LinearDefault(n.bottleneck))
	if st := s.B.Lookup(last.Path() + ".weight_v"); st.Role == plan.RoleParam && n.freeze > 0 && s.B.Training {
		st.Hold = op.Not(s.B.Begun("last_layer", n.freeze, true))
	}
	return []*ir.Value{op.MatMul(nn.Unit(z, -1), op.Transpose(nn.Unit(v, -1), 1, 0))}
}

// gelu is x·Φ(x): Hendrycks and Gimpel 2016.
func gelu(x *ir.Value) *ir.Value {
	phi := op.Add(op.Erf(op.Mul(x, op.Scalar(x, 1/math.Sqrt2))), op.Scalar(x, 1))
	return op.Mul(op.Mul(x, op.Scalar(x, 0.5)), phi)
}
