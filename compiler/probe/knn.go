package probe

import "ssc/lang/schema"

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "knn",
	Doc:      "Classification of each query by its nearest neighbours in a bank, by cosine similarity of the features.",
	Equation: "majority: the label most of the k neighbours have; weighted: argmax_c Σ over neighbours of label c of exp(cos/τ)",
	Paper:    schema.Paper{Authors: "Wu, Xiong, Yu, Lin", Title: "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", Year: 2018, ID: "1805.01978"},
	Before:   "tools/benchmarks/classification/knn_imagenet/test_knn.py --num-knn 20 --temperature 0.07",
}, New: func() Probe { return &KNN{} }})

// KNN are the arguments of the nearest-neighbour probe.
type KNN struct {
	Bank, Queries string
	K             int
	Vote          string
	Temperature   float64
	Every         int
	RawPixels     bool
	Untrained     bool
	MaxBank       int
	MaxQueries    int
}

// Args declares the arguments.
func (k *KNN) Args(s *schema.Set) {
	s.String(&k.Bank, "bank", "bank", "dataset of the labelled neighbours", schema.NotEmpty)
	s.String(&k.Queries, "queries", "test", "dataset that is classified", schema.NotEmpty)
	s.Int(&k.K, "k", 20, "number of neighbours", schema.Between(1, 1000))
	s.String(&k.Vote, "vote", "weighted", "how the neighbours decide: \"weighted\" by exp(cos/temperature), or \"majority\", ties to the class of the nearest", schema.OneOf("weighted", "majority"))
	s.Float(&k.Temperature, "temperature", 0.07, "temperature τ of the weighted vote", schema.Positive)
	s.Int(&k.Every, "every", 1, "epochs between two measurements of a monitor", schema.Positive)
	s.Bool(&k.RawPixels, "raw_pixels", false, "whether an evaluation also measures the images themselves as features")
	s.Bool(&k.Untrained, "untrained", false, "whether an evaluation also measures the encoder as it was before training")
	s.Int(&k.MaxBank, "max_bank", 0, "use only so many images of the bank, evenly spread; 0 uses all", schema.NonNegative)
	s.Int(&k.MaxQueries, "max_queries", 0, "use only so many queries, evenly spread; 0 uses all", schema.NonNegative)
}

// Datasets implements Probe.
func (k *KNN) Datasets() []string { return []string{k.Bank, k.Queries} }
