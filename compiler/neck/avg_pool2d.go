package neck

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Neck]{Info: schema.Info{Name: "avg_pool2d",
	Doc:    "Adaptive average pooling of every feature map.",
	Paper:  schema.Paper{None: "a pooling layer, without parameters"},
	Before: "neck=dict(type='AvgPool2dNeck', output_size=1)",
}, New: func() Neck { return &avgPool2d{} }})

type avgPool2d struct{ size int }

func (n *avgPool2d) Args(s *schema.Set) {
	s.Int(&n.size, "output_size", 1, "cells per side", schema.Positive)
}

func (n *avgPool2d) Forward(s nn.Scope, x []*ir.Value) []*ir.Value {
	defer s.At(n)()
	out := make([]*ir.Value, len(x))
	for i, v := range x {
		out[i] = nn.AvgPool(v, n.size)
	}
	return out
}
