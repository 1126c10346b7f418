package memory

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Memory]{Info: schema.Info{Name: "simple",
	Doc: "One row for each image of the training set, moved towards the image's embedding whenever it is in the batch. It starts with random rows. The momentum is MMSelfSup's: the share of the new " +
		"embedding, where a teacher's is that of the old one. The rows are state of the run, 4·length·feat_dim bytes on the device and in every checkpoint.",
	Equation: "m_i = n((1 - momentum)·m_i + momentum·z_i), n(x) = x/|x|",
	Paper:    schema.Paper{Authors: "Wu, Xiong, Yu, Lin", Title: "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", Year: 2018, ID: "1805.01978"},
	Before:   "memory_bank=dict(type='SimpleMemory', length=1281167, feat_dim=128, momentum=0.5)",
}, New: func() Memory { return &simple{} }})

type simple struct {
	length, dim int
	momentum    float64
}

func (m *simple) Args(s *schema.Set) {
	s.Int(&m.length, "length", 0, "number of rows: that of the images of the training set, which is compared with it before the first step", schema.Required, schema.Between(1, 1<<28))
	s.Int(&m.dim, "feat_dim", 128, "size of a row: that of the neck's output", schema.Positive)
	s.Float(&m.momentum, "momentum", 0.5, "share of the new embedding in the new row", schema.Fraction)
}

// Bank declares the rows under feature_bank.
func (m *simple) Bank(s nn.Scope, z *ir.Value) *nn.Bank {
	defer s.At(m)()
	if !z.Valid() {
		return nil
	}
	if got := z.Shape[1].Size; got != m.dim {
		s.Errorf(m, "feat_dim", "Shape mismatch", "The memory has rows of feat_dim = %d numbers, but the neck gives %s. Write feat_dim = %d.", m.dim, z.Shape, got)
		return nil
	}
	return nn.NewBank(s, m, "feature_bank", m.length, m.dim)
}

// Update mixes before it divides by the length.
func (m *simple) Update(s nn.Scope, b *nn.Bank, z *ir.Value) {
	defer s.At(m)()
	old := b.Own()
	b.Set(nn.Unit(op.Add(op.Mul(old, op.Scalar(old, 1-m.momentum)), op.Mul(z, op.Scalar(z, m.momentum))), -1))
}
