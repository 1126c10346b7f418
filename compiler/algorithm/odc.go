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

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "odc",
	Doc: "DeepCluster whose clusters move with every step. A memory keeps a feature and a cluster of each image, from a k-means before the first step on. A step learns the clusters that the memory has for its images, moves their " +
		"features in the memory towards what the network makes of them, and gives each the nearest cluster. Every few steps the centroids become the means of their members, and clusters that are too small are merged. " +
		"The loss starts near ln num_classes, 9.21 with 10,000, and falls without the jumps of deepcluster; change_ratio, the share of images that change their cluster, is high at first and settles at some per cent. Signs of " +
		"collapse: cluster_max grows to a large share of the images, or change_ratio stays near 1.",
	Equation: "loss = Σ_i w[c_i]·-log softmax(head(z_i))[c_i] / Σ_i w[c_i], z = neck(backbone(x)), w[c] ∝ members(c)^-p; then f_i = n((1-m)·f_i + m·n(z_i)), c_i = argmax_c f_i·centroid_c, n(x) = x/|x|",
	Paper:    schema.Paper{Authors: "Zhan, Xie, Liu, Ong, Loy", Title: "Online Deep Clustering for Unsupervised Representation Learning", Year: 2020, ID: "2006.10645"},
	Before: "model=dict(type='ODC', neck=dict(type='ODCNeck', …), head=dict(type='ClsHead', …), memory_bank=dict(type='ODCMemory', …)), custom_hooks=[dict(type='DeepClusterHook', init_memory=True, …), " +
		"dict(type='ODCHook', centroids_update_interval=10, deal_with_small_clusters_interval=1, reweight=True, reweight_pow=0.5)]",
}, New: func() Algorithm { return &odc{} }})

type odc struct {
	backbone   backbone.Backbone
	neck       neck.Neck
	head       head.Head
	memory     onlineMemory
	clustering clustering
	tending    tending
	extractor  string
	reweigh    bool
	power      float64
}

func (a *odc) Args(s *schema.Set) {
	extracting(s, &a.extractor)
	a.tending.declare(s)
	s.Bool(&a.reweigh, "reweight", true, "whether the loss weighs each cluster by the number of its images to the power of -reweight_pow")
	s.Float(&a.power, "reweight_pow", 0.5, "that power", schema.NonNegative)
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "what makes the features that are clustered and classified: odc", true)
	schema.Child(s, &a.head, "head", head.Table, "classifier of the clusters: cls", true)
	s.Block(&a.memory, "memory", "features and clusters of all images", nil)
	s.Block(&a.clustering, "clustering", "k-means before the first step; MMSelfSup's recipe has pca_dim = -1", nil)
}

// Check demands a classifier of the clusters.
func (a *odc) Check(r *schema.Report) {
	a.clustering.check(r, a.head, "odc")
	if h, ok := a.head.(head.Classifier); ok && a.memory.classes > 0 && a.memory.classes != h.Classes() {
		r.Errorf("", "Wrong number of classes", "The head has a class for each cluster, but it has num_classes = %d and the memory num_classes = %d. Write one number in both, or leave the memory's out.", h.Classes(), a.memory.classes)
	}
}

func (a *odc) Views() int { return 1 }

// Extractor is the dataset whose features are clustered before the first step.
func (a *odc) Extractor() string { return a.extractor }

// Loss classifies the images by the clusters that the memory had for them, and updates it with the features that the step made, dropout included, as MMSelfSup does.
func (a *odc) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	out := a.neck.Forward(s.Sub("neck"), a.backbone.Forward(s.Sub("backbone"), b.View(0)))
	z := nn.Flatten(out[0])
	if !z.Valid() {
		return b.Failed()
	}
	if !a.memory.fits(s, &a.memory, z) {
		return b.Failed()
	}
	w := a.head.(head.Weigher)
	clusters := nn.NewClusters(s.Sub("memory"), &a.memory, a.memory.length, a.memory.dim, w.Classes())
	a.stages(b, clusters.Memory())
	in := []*ir.Value{z, clusters.Labels()}
	var loss *ir.Value
	if a.reweigh {
		loss = w.WeighedLoss(s.Sub("head"), clusters.Weights(a.power), in...)
	} else {
		loss = w.Loss(s.Sub("head"), in...)
	}
	b.Metric("change_ratio", clusters.Update(z, a.memory.momentum))
	clusters.Extremes()
	return loss
}

// stages fills the memory before the first step and tends it between steps. The classifier starts anew after the clustering even where its weights were given.
func (a *odc) stages(b *nn.Builder, m *plan.Memory) {
	do := append(a.clustering.actions(a.extractor, a.head.(head.Classifier).Classes()), plan.Action{Kind: plan.Remember, Memory: m}, plan.Action{Kind: plan.Restart, Target: "head."})
	b.Stage(plan.Stage{Name: "clustering", Initial: true, Do: do, At: a.clustering.place(b, a.head)})
	a.tending.stages(b, a, m, a.memory.least)
}

// Embed gives what is clustered.
func (a *odc) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	return encode(b.Root(), a.backbone, a.neck, x)
}

// Features are the backbone's.
func (a *odc) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
