package probe

import "ssc/lang/schema"

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "collapse",
	Doc: "Meters that tell a healthy encoder from one that maps everything to one point or to few directions, measured on the embeddings of two views: deviation of each " +
		"dimension of the normalised embeddings times √d (healthy near 1), effective rank, alignment of the views, uniformity, and the gradient's norm by part of the " +
		"network. Beyond a bound it warns, naming the meter, its bound and the usual causes. Embeddings are what the algorithm's loss compares, or the features where it compares none.",
	Equation: "std = √d mean_j std_i(z_ij/‖z_i‖); rank = exp(-Σ p_k log p_k), p_k = σ_k/Σσ; alignment = mean ‖x-y‖²; uniformity = log mean exp(-2‖x_i-x_j‖²)",
	Paper:    schema.Paper{Authors: "Wang, Isola", Title: "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere", Year: 2020, ID: "2005.10242"},
}, New: func() Probe { return &collapse{} }})

type collapse struct {
	images                   string
	every, samples           int
	minStd, minRank          float64
	maxUniformity            float64
	maxAlignment             float64
	minGradNorm, maxGradNorm float64
}

func (p *collapse) Args(s *schema.Set) {
	s.String(&p.images, "images", "train", "dataset whose views are measured", schema.NotEmpty)
	every(s, &p.every)
	s.Int(&p.samples, "samples", 1024, "images, evenly spread over the dataset", schema.Between(16, 2048))
	s.Float(&p.minStd, "min_std", 0.1, "deviation below which it warns", schema.NonNegative)
	s.Float(&p.minRank, "min_rank", 5, "effective rank below which it warns", schema.NonNegative)
	s.Float(&p.maxUniformity, "max_uniformity", -0.1, "uniformity above which it warns; 0 is one point, -4 the even sphere")
	s.Float(&p.maxAlignment, "max_alignment", 0.95, "distance of two views of an image, as a share of the distance of two images, above which it warns", schema.Positive)
	s.Float(&p.minGradNorm, "min_grad_norm", 1e-7, "norm of the gradient of a part of the network below which it warns", schema.NonNegative)
	s.Float(&p.maxGradNorm, "max_grad_norm", 1e4, "norm of the gradient of a part of the network above which it warns", schema.Positive)
}

func (p *collapse) Datasets() []string { return []string{p.images} }

func (p *collapse) Needs(n *Needs) { n.Embed = true }
