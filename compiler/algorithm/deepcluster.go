package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "deepcluster",
	Doc: "The network learns to tell clusters of its own features apart. Before the first step and between epochs the features of all images are clustered by k-means, the clusters become the labels of the images, and the " +
		"classifier starts anew, since the clusters of one time have no order in common with those of the next. Epochs draw from all clusters alike. The loss starts near ln num_classes after each clustering, 9.21 with 10,000, and " +
		"falls within the epoch; kmeans.nmi, the agreement of a clustering with the one before, rises towards 1. Signs of collapse: kmeans.largest grows to a large share of the images while kmeans.smallest " +
		"stays at 1, or the loss is near 0 within the first epoch: the clusters are told apart by colour alone, so convert images to grey or show their edges.",
	Equation: "loss = mean_i -log softmax(head(neck(backbone(x_i))))[c_i], c = argmin_c |y_i - m_c|², y_i the neck's features of image i, whitened and of length 1",
	Paper:    schema.Paper{Authors: "Caron, Bojanowski, Joulin, Douze", Title: "Deep Clustering for Unsupervised Learning of Visual Features", Year: 2018, ID: "1807.05520"},
	Before:   "model=dict(type='DeepCluster', with_sobel=False, …), custom_hooks=[dict(type='DeepClusterHook', extractor=…, clustering=dict(type='Kmeans', k=10000, pca_dim=256), unif_sampling=True, reweight=False, interval=1)]",
}, New: func() Algorithm { return &deepcluster{} }})

type deepcluster struct {
	backbone         backbone.Backbone
	neck             neck.Neck
	head             head.Head
	clustering       clustering
	extractor        string
	balance, reweigh bool
	power            float64
	interval         int
}

func (a *deepcluster) Args(s *schema.Set) {
	extracting(s, &a.extractor)
	s.Bool(&a.balance, "unif_sampling", true, "whether an epoch draws the same number of images from each cluster; small clusters then give images more than once")
	s.Bool(&a.reweigh, "reweight", false, "whether the loss weighs each cluster by the number of its images to the power of -reweight_pow")
	s.Float(&a.power, "reweight_pow", 0.5, "that power", schema.NonNegative)
	s.Int(&a.interval, "interval", 1, "epochs between two clusterings", schema.Positive)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "what makes the features that are clustered and classified: avg_pool2d", true)
	schema.Child(s, &a.head, "head", head.Table, "classifier of the clusters: cls", true)
	s.Block(&a.clustering, "clustering", "k-means on the features of all images", nil)
}

// Check demands a classifier of the clusters.
func (a *deepcluster) Check(r *schema.Report) { a.clustering.check(r, a.head, "deepcluster") }

func (a *deepcluster) Views() int { return 1 }

// Extractor is the dataset whose features are clustered.
func (a *deepcluster) Extractor() string { return a.extractor }

// Loss classifies the images by the labels of the last clustering. What clusters them is the neck's output in evaluation, flattened.
func (a *deepcluster) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	in := append(a.neck.Forward(s.Sub("neck"), a.backbone.Forward(s.Sub("backbone"), b.View(0))), b.PseudoLabel())
	h, w := s.Sub("head"), a.head.(head.Weigher)
	do := append(a.clustering.actions(a.extractor, w.Classes()), plan.Action{Kind: plan.Label})
	if a.balance {
		do = append(do, plan.Action{Kind: plan.Balance})
	}
	loss := func() *ir.Value { return w.Loss(h, in...) }
	if a.reweigh {
		k := w.Classes()
		weight := s.Buffer("class_weight", ir.Named("class", k), nn.Constant(1/float64(k)))
		do = append(do, plan.Action{Kind: plan.Reweigh, Target: weight.Name, Power: a.power})
		loss = func() *ir.Value { return w.WeighedLoss(h, weight.In, in...) }
	}
	do = append(do, plan.Action{Kind: plan.Restart, Target: h.Path() + "."})
	b.Stage(plan.Stage{Name: "clustering", Initial: true, Epochs: a.interval, Do: do, At: a.clustering.place(b, a.head)})
	return loss()
}

// Embed gives what is clustered.
func (a *deepcluster) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *deepcluster) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
