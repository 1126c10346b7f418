package probe

import (
	"math"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "svm",
	Doc: "Linear support vector machines, one class against the rest, on features of unit length: squared hinge loss, L2 penalty, bias as a further feature of 1. Each " +
		"class takes the cost with the best average precision in cross-validation on the bank. The value is the mean over the classes of the area under the " +
		"precision-recall curve, made monotone, on the queries. With low_shot, few images of each class are drawn, several times, and the cost is the one with the best mean " +
		"on the queries, as upstream has it. Images that may be of several classes, as those of source \"voc\", count for each of theirs; a query that is not judged for a class is left out there.",
	Equation: "min over w of ½‖w‖² + C Σ_i c_i max(0, 1 - y_i w·x_i)², by dual coordinate descent",
	Paper:    schema.Paper{Authors: "Goyal, Mahajan, Gupta, Misra", Title: "Scaling and Benchmarking Self-Supervised Visual Representation Learning", Year: 2019, ID: "1905.01235"},
	Before:   "tools/benchmarks/classification/svm_voc07/dist_test_svm_pretrain.sh",
}, New: func() Probe { return &svm{} }})

type svm struct {
	data           classified
	costs          []float64
	positiveWeight float64
	folds          int
	tolerance      float64
	maxIterations  int
	lowShot        []int
	lowShotSamples int
}

// costs are 2⁻¹⁹ … 2⁻⁴, 1, 10, 100: upstream's.
func costs() []float64 {
	var c []float64
	for e := -19; e <= -4; e++ {
		c = append(c, math.Ldexp(1, e))
	}
	return append(c, 1, 10, 100)
}

func (p *svm) Args(s *schema.Set) {
	p.data.declare(s, "the labelled images that it learns from")
	s.Floats(&p.costs, "costs", costs(), "costs C to choose from", schema.NotEmpty, schema.Positive, schema.Ascending)
	s.Float(&p.positiveWeight, "positive_weight", 2, "factor on the cost of the class's own images", schema.Positive)
	s.Int(&p.folds, "folds", 3, "parts of the cross-validation", schema.Between(2, 20))
	s.Float(&p.tolerance, "tolerance", 1e-4, "difference between the largest and the smallest projected gradient at which a fit ends", schema.Positive)
	s.Int(&p.maxIterations, "max_iterations", 2000, "passes over the images at most", schema.Positive)
	s.Ints(&p.lowShot, "low_shot", nil, "numbers of images of each class; the usual ones are 1, 2, 4, 8, 16, 32, 64, 96. Empty measures with the whole bank", schema.Positive, schema.Ascending)
	s.Int(&p.lowShotSamples, "low_shot_samples", 5, "independent draws for each number", schema.Positive)
}

func (p *svm) Datasets() []string { return p.data.datasets() }

func (p *svm) Needs(*Needs) {}
