package algorithm

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// onlineMemory are the arguments of the memory of features and clusters.
type onlineMemory struct {
	length, dim, classes, least int
	momentum                    float64
}

func (m *onlineMemory) Args(s *schema.Set) { m.declare(s, 256, 0.5) }

// declare declares them with the size of a feature and the momentum that the method has by default.
func (m *onlineMemory) declare(s *schema.Set, dim int, momentum float64) {
	s.Int(&m.length, "length", 0, "number of images in the training set", schema.Required, schema.Between(2, 1<<31-1))
	s.Int(&m.dim, "feat_dim", dim, "size of a feature: that of the neck's output", schema.Positive)
	s.Float(&m.momentum, "momentum", momentum, "share of the new feature of an image in the one that is kept", schema.Fraction)
	s.Int(&m.classes, "num_classes", 0, "number of clusters, that of num_classes of the head or, in interclr, of the algorithm; 0 takes that", schema.Between(0, 1<<24))
	s.Int(&m.least, "min_cluster", 20, "images that a cluster needs to stay", schema.Positive)
}

// fits compares the memory, the block of component c, with features z, [batch, dim].
func (m *onlineMemory) fits(s nn.Scope, c schema.Component, z *ir.Value) bool {
	got := z.Shape[1].Size
	if got != m.dim {
		s.Errorf(c, "feat_dim", "Shape mismatch", "The memory is for features of feat_dim = %d numbers, but the neck gives %s. Write feat_dim = %d.", m.dim, z.Shape, got)
	}
	return got == m.dim
}

// tending are the arguments that say when clusters that move with every step are put in order.
type tending struct{ centroids, small int }

func (t *tending) declare(s *schema.Set) {
	s.Int(&t.centroids, "centroids_update_interval", 10, "steps after which the centroids become the means of their members", schema.Positive)
	s.Int(&t.small, "deal_with_small_clusters_interval", 1, "steps after which clusters with fewer than min_cluster images are merged", schema.Positive)
}

// stages tend the memory m of the algorithm c, whose clusters have at least so many members.
func (t *tending) stages(b *nn.Builder, c schema.Component, m *plan.Memory, least int) {
	b.Stage(plan.Stage{Name: "centroids", Steps: t.centroids, Do: []plan.Action{{Kind: plan.Centroids, Memory: m}}, At: b.Place(c, "centroids_update_interval")})
	b.Stage(plan.Stage{Name: "small clusters", Steps: t.small, Do: []plan.Action{{Kind: plan.Merge, Memory: m, Least: least}}, At: b.Place(c, "deal_with_small_clusters_interval")})
}
