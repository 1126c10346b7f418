package algorithm

import (
	"ssc/compiler/head"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// clustering are the arguments of k-means on the features of all images: the block of that name.
type clustering struct{ k, dim, iterations int }

func (c *clustering) Args(s *schema.Set) {
	s.Int(&c.k, "k", 0, "number of clusters, that of num_classes of the head or, in interclr, of the algorithm; 0 takes that", schema.Between(0, 1<<24))
	s.Int(&c.dim, "pca_dim", 256, "principal components that the features are reduced to, each with variance 1, before they are clustered; -1 leaves them as they are", schema.Between(-1, 1<<16))
	s.Int(&c.iterations, "niter", 20, "iterations of k-means at most", schema.Positive)
}

// check demands a head that can weigh classes, with a class for each cluster.
func (c *clustering) check(r *schema.Report, h head.Head, algorithm string) {
	w, ok := h.(head.Weigher)
	if !ok {
		r.Errorf("", "Unsuitable head", "The algorithm %s needs a head that labels images by one classifier. Write head \"cls\" with num_classes, the number of clusters.", algorithm)
		return
	}
	if c.k > 0 && c.k != w.Classes() {
		r.Errorf("", "Wrong number of classes", "The head has a class for each cluster, but it has num_classes = %d and clustering has k = %d. Write one number in both, or leave k out.", w.Classes(), c.k)
	}
}

// actions are those that extract features by the network as it stands and make k clusters of them.
func (c *clustering) actions(extractor string, k int) []plan.Action {
	return []plan.Action{
		{Kind: plan.Extract, Graph: ClusterGraph, Dataset: extractor},
		{Kind: plan.KMeans, K: k, Dim: max(c.dim, 0), Iterations: c.iterations},
	}
}

// place is where the number of clusters is written; where it is not here, it is the num_classes of component of.
func (c *clustering) place(b *nn.Builder, of schema.Component) string {
	if c.k > 0 {
		return b.Place(c, "k")
	}
	return b.Place(of, "num_classes")
}

// extracting declares the argument that names what is clustered.
func extracting(s *schema.Set, extractor *string) {
	s.String(extractor, "extractor", "", "dataset that shows the training images as they are clustered: the source of \"train\" with a view without random draws", schema.Required, schema.NotEmpty)
}
