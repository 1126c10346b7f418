package neck

import (
	"fmt"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "nonlinear",
	Doc:      "Projector of linear layers with normalisation and ReLU between them.",
	Equation: "fc0 norm0 (relu fc_i norm_i) for i = 1 … num_layers-1",
	Paper:    schema.Paper{Authors: "Chen, Kornblith, Norouzi, Hinton", Title: "A Simple Framework for Contrastive Learning of Visual Representations", Year: 2020, ID: "2002.05709"},
	Before:   "neck=dict(type='NonLinearNeck', in_channels=2048, hid_channels=2048, out_channels=128, num_layers=2)",
}, New: func() Neck { return &nonlinear{} }})

type nonlinear struct {
	in, hid, out, layers, poolSize     int
	bias, lastBN, lastAffine, lastBias bool
	pool                               bool
	norm                               nn.Norm
}

func (n *nonlinear) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of the pooled input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.hid, "hid_channels", 2048, "size between the layers", schema.Positive)
	s.Int(&n.out, "out_channels", 128, "size of the output", schema.Positive)
	s.Int(&n.layers, "num_layers", 2, "number of linear layers", schema.Between(2, 16))
	s.Bool(&n.bias, "with_bias", false, "whether the layers before the last have a bias")
	s.Bool(&n.lastBN, "with_last_bn", true, "whether a norm follows the last layer")
	s.Bool(&n.lastAffine, "with_last_bn_affine", true, "whether that norm has a gain and an offset")
	s.Bool(&n.lastBias, "with_last_bias", false, "whether the last layer has a bias")
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Int(&n.poolSize, "pool_size", 1, "cells per side that feature maps are averaged to", schema.Positive)
	schema.ChildDefault(s, &n.norm, "norm", nn.Norms, "sync_bn", "normalisation layer")
}

// Forward names parameters as MMSelfSup does: fc0, bn0, fc1, bn1, ….
func (n *nonlinear) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := pooled(x, n.pool, n.poolSize)
	if !checkIn(s, n, z, n.in) {
		return []*ir.Value{z}
	}
	for i := 0; i < n.layers; i++ {
		last := i == n.layers-1
		out, bias := n.hid, n.bias
		if last {
			out, bias = n.out, n.lastBias
		}
		z = nn.Linear(s.Sub(fmt.Sprintf("fc%d", i)), z, out, bias, nil)
		bn := s.Sub(fmt.Sprintf("bn%d", i))
		switch {
		case !last:
			z = nn.NormRelu(n.norm, bn, z, false, nil)
		case n.lastBN && n.lastAffine:
			z = n.norm.Apply(bn, z, false)
		case n.lastBN:
			z = nn.WithoutAffine(n.norm).Apply(bn, z, false)
		}
	}
	return []*ir.Value{z}
}
