package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "odc",
	Doc:      "Two linear layers, each with ReLU; the first one with batch norm without gain and bias, and with dropout.",
	Equation: "relu fc1 dropout relu bn0 fc0 (avg x)",
	Paper:    schema.Paper{Authors: "Zhan, Xie, Liu, Ong, Loy", Title: "Online Deep Clustering for Unsupervised Representation Learning", Year: 2020, ID: "2006.10645"},
	Before:   "neck=dict(type='ODCNeck', in_channels=2048, hid_channels=512, out_channels=256, with_avg_pool=True)",
}, New: func() Neck { return &odc{} }})

type odc struct {
	in, hidden, out   int
	pool              bool
	momentum, dropout float64
}

func (n *odc) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of the pooled input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.hidden, "hid_channels", 512, "size of the hidden layer", schema.Positive)
	s.Int(&n.out, "out_channels", 256, "size of the output", schema.Positive)
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Float(&n.momentum, "bn_momentum", 0.001, "share of the batch's statistics in the running ones after a step", schema.Fraction)
	s.Float(&n.dropout, "dropout", 0.5, "share of the hidden numbers that are made 0 in a step", schema.Between(0, 0.99))
}

// Forward names parameters as MMSelfSup does: fc0, bn0, fc1.
func (n *odc) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := pooled(x, n.pool, 1)
	if !checkIn(s, n, z, n.in) {
		return []*ir.Value{s.B.Failed()}
	}
	bn := nn.WithoutAffine(nn.BatchNorm(1e-5, n.momentum))
	z = nn.NormRelu(bn, s.Sub("bn0"), nn.Linear(s.Sub("fc0"), z, n.hidden, true, nil), false, nil)
	return []*ir.Value{op.Relu(nn.Linear(s.Sub("fc1"), nn.Dropout(s, z, n.dropout), n.out, true, nil))}
}
