package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "linear",
	Doc:    "One linear layer on the pooled features.",
	Paper:  schema.Paper{Authors: "Wu, Xiong, Yu, Lin", Title: "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", Year: 2018, ID: "1805.01978"},
	Before: "neck=dict(type='LinearNeck', in_channels=2048, out_channels=128, with_avg_pool=True)",
}, New: func() Neck { return &linear{} }})

type linear struct {
	in, out, poolSize int
	pool              bool
}

func (n *linear) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of the pooled input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.out, "out_channels", 128, "size of the output", schema.Positive)
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Int(&n.poolSize, "pool_size", 1, "cells per side that feature maps are averaged to", schema.Positive)
}

func (n *linear) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := pooled(x, n.pool, n.poolSize)
	if !checkIn(s, n, z, n.in) {
		return []*ir.Value{z}
	}
	return []*ir.Value{nn.Linear(s.Sub("fc"), z, n.out, true, nil)}
}
