package neck

import (
	"fmt"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "swav",
	Doc:      "Projector of SwAV: it averages the maps of all crops, whatever their sizes, joins them into one batch, and gives rows of length 1.",
	Equation: "z = n(fc norm relu fc (avg x)), n(x) = x/|x|",
	Paper:    schema.Paper{Authors: "Caron, Misra, Mairal, Goyal, Bojanowski, Joulin", Title: "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", Year: 2020, ID: "2006.09882"},
	Before:   "neck=dict(type='SwAVNeck', in_channels=2048, hid_channels=2048, out_channels=128, with_avg_pool=True)",
}, New: func() Neck { return &swav{} }})

type swav struct {
	in, hid, out, poolSize int
	pool, unit             bool
	norm                   nn.Norm
}

func (n *swav) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of the pooled input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.hid, "hid_channels", 2048, "size between the layers; 0 has one layer alone", schema.NonNegative)
	s.Int(&n.out, "out_channels", 128, "size of the output; 0 projects nothing", schema.NonNegative)
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Int(&n.poolSize, "pool_size", 1, "cells per side that feature maps are averaged to", schema.Positive)
	s.Bool(&n.unit, "with_l2norm", true, "whether the rows of the output have length 1")
	schema.ChildDefault(s, &n.norm, "norm", nn.Norms, "sync_bn", "normalisation layer")
}

// Forward joins all it is given along the batch axis. Parameters are named as MMSelfSup does: projection_neck.0, .1, .3.
func (n *swav) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := joined(s, n, x, n.pool, n.poolSize, n.in)
	if !z.Valid() {
		return []*ir.Value{z}
	}
	layer := func(i int) nn.Scope { return s.Sub(fmt.Sprintf("projection_neck.%d", i)) }
	switch {
	case n.out == 0:
	case n.hid == 0:
		z = nn.Linear(s.Sub("projection_neck"), z, n.out, true, nil)
	default:
		z = n.norm.Apply(layer(1), nn.Linear(layer(0), z, n.hid, true, nil), false)
		z = nn.Linear(layer(3), op.Relu(z), n.out, true, nil)
	}
	if n.unit && z.Valid() {
		z = nn.Unit(z, -1)
	}
	return []*ir.Value{z}
}
