package probe

import (
	"slices"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "knn",
	Doc:      "Classification of each query by its nearest neighbours in a bank, by cosine similarity of the features.",
	Equation: "majority: the label most of the k neighbours have; weighted: argmax_c Σ over neighbours of label c of exp(cos/τ)",
	Paper:    schema.Paper{Authors: "Wu, Xiong, Yu, Lin", Title: "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", Year: 2018, ID: "1805.01978"},
	Before:   "tools/benchmarks/classification/knn_imagenet/test_knn.py --num-knn 10 20 100 200 --temperature 0.07",
}, New: func() Probe { return &knn{} }})

type knn struct {
	data        classified
	k           []int
	vote        string
	temperature float64
}

func (p *knn) Args(s *schema.Set) {
	p.data.declare(s, "the labelled neighbours")
	s.IntOrList(&p.k, "k", []int{10, 20, 100, 200}, "number of neighbours; each number of a list is measured", schema.NotEmpty, schema.Between(1, 1000))
	s.String(&p.vote, "vote", "weighted", "how the neighbours decide: \"weighted\" by exp(cos/temperature), or \"majority\", ties to the class of the nearest", schema.OneOf("weighted", "majority"))
	s.Float(&p.temperature, "temperature", 0.07, "temperature τ of the weighted vote", schema.Positive)
}

func (p *knn) Datasets() []string { return p.data.datasets() }

func (p *knn) Needs(n *Needs) { n.Neighbours = max(n.Neighbours, slices.Max(p.k)) }
