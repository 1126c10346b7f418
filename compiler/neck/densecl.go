package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "densecl",
	Doc:      "Two projectors on one feature map: of its average, and of each cell. It gives the projected average, the projected cells, and their average.",
	Equation: "z = fc relu fc (avg x); g = conv1x1 relu conv1x1 (x); avg g",
	Paper:    schema.Paper{Authors: "Wang, Zhang, Shen, Kong, Li", Title: "Dense Contrastive Learning for Self-Supervised Visual Pre-Training", Year: 2020, ID: "2011.09157"},
	Before:   "neck=dict(type='DenseCLNeck', in_channels=2048, hid_channels=2048, out_channels=128, num_grid=None)",
}, New: func() Neck { return &densecl{} }})

type densecl struct{ in, hid, out, grid int }

func (n *densecl) Args(s *schema.Set) {
	s.Int(&n.in, "in_channels", 0, "channels of the map; 0 takes it as it comes", schema.NonNegative)
	s.Int(&n.hid, "hid_channels", 2048, "size between the layers", schema.Positive)
	s.Int(&n.out, "out_channels", 128, "size of the outputs", schema.Positive)
	s.Int(&n.grid, "num_grid", 0, "cells per side that the map is averaged to before its cells are projected; 0 projects them as they are", schema.NonNegative)
}

// Forward takes the deepest map and gives [batch, dim], [batch, dim, height, width] and [batch, dim]. Parameters are named as MMSelfSup does: mlp.0, mlp.2, mlp2.0, mlp2.2.
func (n *densecl) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	none := []*ir.Value{s.B.Failed(), s.B.Failed(), s.B.Failed()}
	cells := x[len(x)-1]
	if cells.Valid() && len(cells.Shape) != 4 {
		s.B.G.Errorf("Shape mismatch", "The neck densecl takes a feature map, but its input is %s. Use a backbone of feature maps.", cells.Shape)
		return none
	}
	if !checkIn(s, n, cells, n.in) {
		return none
	}
	z := op.Relu(nn.Linear(s.Sub("mlp.0"), nn.Flatten(nn.AvgPool(cells, 1)), n.hid, true, nil))
	z = nn.Linear(s.Sub("mlp.2"), z, n.out, true, nil)
	if n.grid > 0 {
		cells = nn.AvgPool(cells, n.grid)
	}
	cells = op.Relu(nn.Conv2d(s.Sub("mlp2.0"), cells, nn.Conv{Out: n.hid, Kernel: 1, Stride: 1, Bias: true}))
	cells = nn.Conv2d(s.Sub("mlp2.2"), cells, nn.Conv{Out: n.out, Kernel: 1, Stride: 1, Bias: true})
	return []*ir.Value{z, cells, nn.Flatten(nn.AvgPool(cells, 1))}
}
