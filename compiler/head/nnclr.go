package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Head]{Info: schema.Info{Name: "nnclr",
	Doc:      "Softmax over the batch: the nearest neighbour of one view's embedding must find the prediction from the other view of the same image.",
	Equation: "loss = mean_i -log softmax_j( n(NN(z_i))·n(predictor(z'_j)) / τ )[i]",
	Paper:    schema.Paper{Authors: "Dwibedi, Aytar, Tompson, Sermanet, Zisserman", Title: "With a Little Help from My Friends: Nearest-Neighbor Contrastive Learning of Visual Representations", Year: 2021, ID: "2104.14548"},
}, New: func() Head { return &nnclr{} }})

type nnclr struct {
	predictor   neck.Neck
	temperature float64
}

func (h *nnclr) Args(s *schema.Set) {
	schema.Child(s, &h.predictor, "predictor", neck.Table, "network on projections", true)
	s.Float(&h.temperature, "temperature", 0.1, "softmax temperature τ", schema.Positive)
}

// Loss takes the projections of one view [batch, dim] and the neighbours of the other's, of the same shape. No gradient passes through the neighbours.
func (h *nnclr) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	if !inputs(s, "nnclr", in, 2, 2) {
		return failed(s)
	}
	p := predict(s, h.predictor, in[0], in[1])
	if !p.Valid() {
		return failed(s)
	}
	return among(nn.Unit(fn.StopGradient(in[1]), -1), nn.Unit(p, -1), h.temperature)
}
