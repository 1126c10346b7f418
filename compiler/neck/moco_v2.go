package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "moco_v2",
	Doc:      "Projector of MoCo v2: two linear layers with biases and a ReLU between them, without normalisation.",
	Equation: "fc relu fc",
	Paper:    schema.Paper{Authors: "Chen, Fan, Girshick, He", Title: "Improved Baselines with Momentum Contrastive Learning", Year: 2020, ID: "2003.04297"},
	Before:   "neck=dict(type='MoCoV2Neck', in_channels=2048, hid_channels=2048, out_channels=128, with_avg_pool=True)",
}, New: func() Neck { return &mocoV2{} }})

type mocoV2 struct {
	in, hid, out, poolSize int
	pool                   bool
}

func (n *mocoV2) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of the pooled input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.hid, "hid_channels", 2048, "size between the layers", schema.Positive)
	s.Int(&n.out, "out_channels", 128, "size of the output", schema.Positive)
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Int(&n.poolSize, "pool_size", 1, "cells per side that feature maps are averaged to", schema.Positive)
}

// Forward names parameters as MMSelfSup does: mlp.0, mlp.2.
func (n *mocoV2) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := pooled(x, n.pool, n.poolSize)
	if !checkIn(s, n, z, n.in) {
		return []*ir.Value{s.B.Failed()}
	}
	z = op.Relu(nn.Linear(s.Sub("mlp.0"), z, n.hid, true, nil))
	return []*ir.Value{nn.Linear(s.Sub("mlp.2"), z, n.out, true, nil)}
}
