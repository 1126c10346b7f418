package head

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "contrastive",
	Doc:      "Softmax over similarities: the positive against all negatives (InfoNCE, NT-Xent).",
	Equation: "loss = mean_i -log( exp(s_ip/τ) / Σ_j exp(s_ij/τ) ), p the positive of row i",
	Paper:    schema.Paper{Authors: "van den Oord, Li, Vinyals", Title: "Representation Learning with Contrastive Predictive Coding", Year: 2018, ID: "1807.03748"},
	Before:   "head=dict(type='ContrastiveHead', temperature=0.1)",
}, New: func() Head { return &contrastive{} }})

type contrastive struct{ temperature float64 }

func (h *contrastive) Args(s *schema.Set) {
	s.Float(&h.temperature, "temperature", 0.1, "softmax temperature τ", schema.Positive)
}

// Loss takes the similarities [row, candidate] and the column of each row's positive [row], int64. A candidate that must not count has a similarity so low that its exponential is 0. See nn.InfoNCE for
// similarities that are never in memory.
func (h *contrastive) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "contrastive", in, 2, 1) {
		return failed(s)
	}
	return nn.InfoNCE(in[0], in[1], h.temperature)
}
