package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "relative_loc",
	Doc:      "Joins the features of two patches: one linear layer with batch norm, ReLU and dropout on both together.",
	Equation: "dropout relu bn fc (avg x), x the maps of both patches, channels of one behind those of the other",
	Paper:    schema.Paper{Authors: "Doersch, Gupta, Efros", Title: "Unsupervised Visual Representation Learning by Context Prediction", Year: 2015, ID: "1505.05192"},
	Before:   "neck=dict(type='RelativeLocNeck', in_channels=2048, out_channels=4096, with_avg_pool=True)",
}, New: func() Neck { return &relativeLoc{} }})

type relativeLoc struct {
	in, out           int
	pool              bool
	momentum, dropout float64
}

func (n *relativeLoc) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "size of one patch's pooled features, half of the input; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.out, "out_channels", 4096, "size of the output", schema.Positive)
	s.Bool(&n.pool, "with_avg_pool", true, "whether feature maps are averaged first")
	s.Float(&n.momentum, "bn_momentum", 0.003, "share of the batch's statistics in the running ones after a step", schema.Fraction)
	s.Float(&n.dropout, "dropout", 0.5, "share of the output's numbers that are made 0 in a step", schema.Between(0, 0.99))
}

// Forward names parameters as MMSelfSup does: fc, bn. The layer's weights start at N(0, 0.01²).
func (n *relativeLoc) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	z := pooled(x, n.pool, 1)
	if !checkIn(s, n, z, 2*n.in) {
		return []*ir.Value{s.B.Failed()}
	}
	start := nn.Normal(0, 0.01)
	z = nn.BatchNorm(1e-5, n.momentum).Apply(s.Sub("bn"), nn.Linear(s.Sub("fc"), z, n.out, true, &start), false)
	return []*ir.Value{nn.Dropout(s, op.Relu(z), n.dropout)}
}
