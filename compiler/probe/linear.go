package probe

import "ssc/lang/schema"

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "linear",
	Doc: "Linear probe by full-batch L-BFGS: multinomial logistic regression on the features, in float64, to the minimum. Nothing is drawn but the part of the " +
		"bank that is held out to choose the L2 penalty, so that two runs agree and no learning rate stands between an encoder and its number.",
	Equation: "min over W, b of mean CE(W x + b, label) + l2/2 ‖W‖²",
	Paper:    schema.Paper{Authors: "Ermolov, Siarohin, Sangineto, Sebe", Title: "Whitening for Self-Supervised Representation Learning", Year: 2020, ID: "2007.06346"},
}, New: func() Probe { return &linear{} }})

type linear struct {
	data          classified
	l2            []float64
	holdout       float64
	maxIterations int
	tolerance     float64
	standardize   bool
}

func (p *linear) Args(s *schema.Set) {
	p.data.declare(s, "the labelled images that it learns from")
	s.Floats(&p.l2, "l2", []float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2}, "penalties to choose from; the bias has none", schema.NotEmpty, schema.NonNegative)
	s.Float(&p.holdout, "holdout", 0.1, "share of the bank that chooses among several penalties; it takes part in the last fit", schema.Between(0.01, 0.5))
	s.Int(&p.maxIterations, "max_iterations", 200, "iterations of L-BFGS at most", schema.Positive)
	s.Float(&p.tolerance, "tolerance", 1e-5, "largest element of the gradient at which a fit ends", schema.Positive)
	s.Bool(&p.standardize, "standardize", true, "whether the features are brought to mean 0 and deviation 1 over the bank")
}

func (p *linear) Datasets() []string { return p.data.datasets() }

func (p *linear) Needs(n *Needs) { n.Logistic = true }
