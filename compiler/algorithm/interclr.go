package algorithm

import (
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Algorithm]{Info: schema.Info{Name: "interclr",
	Doc: "MoCo v2 that also brings images together that are alike. A memory keeps a key and a cluster of each image, from a k-means before the first step on. Beside MoCo's loss, the query of an image must find the key that the memory has of a random image " +
		"of its cluster, itself included, among those of neg_num images of other clusters. A step then moves the keys in the memory to those that the teacher made, and gives each the nearest cluster; every few steps the centroids become the means of their " +
		"members, and clusters that are too small are merged. The loss starts below intra_loss_weight·ln(1 + queue_len) + inter_loss_weight·ln(1 + neg_num), 10.7 by default: the margin alone takes 0.25·0.5/τ from it, 0.6 with τ = 0.2. As MoCo's it rises " +
		"while the queue fills with real keys, then falls; intra_loss and inter_loss are its two parts, weighted. change_ratio, the share of images that change their cluster, is high at first and settles at some per cent. Signs of collapse: an " +
		"intra_loss near 0 within the first epoch (batch norm tells the positive: raise groups), cluster_max growing to a large share of the images, or change_ratio staying near 1. " +
		"MMSelfSup draws negatives again until none is of the own cluster, and so may take an image twice; here they are drawn without repetition from those of the pool that are of other clusters, which gives each the same chance. Where there " +
		"are fewer than neg_num of these they come in turn, where MMSelfSup goes on drawing or stops.",
	Equation: "loss = λ·head([φ(q·k), q·queue], 0) + μ·head([ψ(q·v_j), q·v_n1, …, q·v_nK], 0), q = n(neck(backbone(x_1))), k = n(teacher(x_2)), c_j = c_i, c_n ≠ c_i, φ, ψ: s - margin, or cos(arccos s + margin); " +
		"then v_i = n((1-m)·v_i + m·k_i), c_i = argmax_c v_i·centroid_c, v the memory, n(x) = x/|x|",
	Paper: schema.Paper{Authors: "Xie, Zhan, Liu, Ong, Loy", Title: "Delving into Inter-Image Invariance for Unsupervised Visual Representations", Year: 2020, ID: "2008.11702"},
	Before: "model=dict(type='InterCLRMoCo', memory_bank=dict(type='InterCLRMemory', …), neg_num=16384, neg_sampling='semihard', inter_cos_marign_loss=True, …), custom_hooks=[dict(type='InterCLRHook', extractor=…, " +
		"clustering=dict(type='Kmeans', k=10000, pca_dim=-1), centroids_update_interval=10, deal_with_small_clusters_interval=1, warmup_epochs=0, …)]",
}, New: func() Algorithm { return &interclr{} }})

type interclr struct {
	backbone   backbone.Backbone
	neck       neck.Neck
	head       head.Head
	queue      dictionary
	memory     keyMemory
	clustering clustering
	tending    tending
	extractor  string
	online     bool
	interval   int

	sampling                 string
	negatives, hard, easy    int
	intra, inter             margin
	intraWeight, interWeight float64
	shared                   bool
	classes, warmup          int
}

func (a *interclr) Args(s *schema.Set) {
	a.queue.declare(s)
	extracting(s, &a.extractor)
	s.Bool(&a.online, "online_labels", true, "whether each step gives the images of its batch the nearest clusters; else clusters stay until all images are clustered again")
	a.tending.declare(s)
	s.Int(&a.interval, "interval", 1, "epochs between two clusterings without online_labels", schema.Positive)
	s.Int(&a.negatives, "neg_num", 16384, "images of other clusters that each image is compared with", schema.Between(1, 1<<24))
	s.String(&a.sampling, "neg_sampling", "semihard", "which: the most similar (\"hard\"), random ones of the semihard_neg_pool_num most similar (\"semihard\"), of the semieasy_neg_pool_num least similar (\"semieasy\"), or of all, with repetition (\"random\")",
		schema.OneOf("hard", "semihard", "semieasy", "random"))
	s.Int(&a.hard, "semihard_neg_pool_num", 128000, "images in the pool of \"semihard\", those of the own cluster included", schema.Between(1, 1<<24))
	s.Int(&a.easy, "semieasy_neg_pool_num", 128000, "images in the pool of \"semieasy\", those of the own cluster included", schema.Between(1, 1<<24))
	a.intra.declare(s, "intra", false, 0)
	a.inter.declare(s, "inter", true, -0.5)
	s.Float(&a.intraWeight, "intra_loss_weight", 0.75, "weight of MoCo's loss", schema.NonNegative)
	s.Float(&a.interWeight, "inter_loss_weight", 0.25, "weight of the loss between images", schema.NonNegative)
	s.Int(&a.warmup, "warmup_epochs", 0, "epochs at the beginning for which these weights are 1 and 0", schema.NonNegative)
	s.Bool(&a.shared, "share_neck", true, "whether one neck makes what both losses compare; else the loss between images, the memory and its clusters have a second one, inter_neck (MMSelfSup fills the memory by the first one even then)")
	s.Int(&a.classes, "num_classes", 10000, "number of clusters", schema.Between(2, 1<<24))
	schema.Child(s, &a.backbone, "backbone", backbone.Table, "network over images", true)
	schema.Child(s, &a.neck, "neck", neck.Table, "projector: moco_v2", true)
	schema.Child(s, &a.head, "head", head.Table, "loss, of both kinds: contrastive", true)
	s.Block(&a.memory, "memory", "keys and clusters of all images", nil)
	s.Block(&a.clustering, "clustering", "k-means before the first step; MMSelfSup's recipe has pca_dim = -1", nil)
}

// keyMemory are the arguments of a memory of keys, which MMSelfSup's recipe replaces whole.
type keyMemory struct{ of onlineMemory }

func (m *keyMemory) Args(s *schema.Set) { m.of.declare(s, 128, 1) }

// Check compares numbers of images and of clusters.
func (a *interclr) Check(r *schema.Report) {
	for _, k := range []int{a.memory.of.classes, a.clustering.k} {
		if k > 0 && k != a.classes {
			r.Errorf("num_classes", "Wrong number of classes", "The algorithm has num_classes = %d clusters, but its memory or clustering has %d. Write one number, and leave theirs out.", a.classes, k)
			break
		}
	}
	a.intra.check(r, "intra")
	a.inter.check(r, "inter")
	length := a.memory.of.length
	if length < 2 {
		return // which is an error already
	}
	if a.classes > length {
		r.Errorf("num_classes", "Too many clusters", "The %d images of the memory cannot be in num_classes = %d clusters. Write at most %d, better a tenth of it.", length, a.classes, length)
	}
	if a.negatives >= length {
		r.Errorf("neg_num", "Too many negatives", "Each image is compared with neg_num = %d others, but the memory has length = %d. Write a neg_num of at most %d.", a.negatives, length, length-1)
	}
	name, pool := a.pool()
	switch {
	case name == "":
	case pool > length:
		r.Errorf(name, "Pool too large", "The pool has %s = %d images, but the memory has length = %d. Write at most %d, better a tenth of it.", name, pool, length, length)
	case pool < a.negatives:
		r.Errorf(name, "Pool too small", "neg_num = %d images are to be drawn from a pool of %s = %d. Write a larger pool or a smaller neg_num.", a.negatives, name, pool)
	}
}

func (a *interclr) Views() int { return 2 }

// Extractor is the dataset whose features are clustered.
func (a *interclr) Extractor() string { return a.extractor }

// Begins are the epochs before the loss between images counts.
func (a *interclr) Begins() (epochs int, arg string) { return a.warmup, "warmup_epochs" }

// necks are the names of the neck, and of the second one where there is one.
func (a *interclr) necks() []string {
	if a.shared {
		return []string{"neck"}
	}
	return []string{"neck", "inter_neck"}
}

// encode gives what is compared, of length 1: [batch, dim] of each neck.
func (a *interclr) encode(s nn.Scope, x *ir.Value) (out []*ir.Value) {
	maps := a.backbone.Forward(s.Sub("backbone"), x)
	for _, name := range a.necks() {
		out = append(out, nn.Unit(nn.Flatten(a.neck.Forward(s.Sub(name), maps)[0]), -1))
	}
	return out
}

// Loss takes the first view for queries and the second for keys, as moco does. Queue and memory are those of the last step in it, and clusters too.
func (a *interclr) Loss(b *nn.Builder) *ir.Value {
	s := b.Root()
	defer s.At(a)()
	if !a.queue.parted(s, a) {
		return b.Failed()
	}
	q := a.encode(s.Groups(a.queue.groups), b.View(0))
	if !q[0].Valid() {
		return b.Failed()
	}
	if ok := a.queue.fits(s, a, q[0]); !a.memory.of.fits(s, &a.memory, q[0]) || !ok {
		return b.Failed()
	}
	k := a.queue.keys(b, a.encode)
	last := len(q) - 1
	queue := nn.NewQueue(s, "queue", a.queue.length, a.queue.dim)
	memory := nn.NewClusters(s.Sub("memory"), &a.memory, a.memory.of.length, a.memory.of.dim, a.classes)
	a.stages(b, memory.Memory())

	intra := among(s, a.head, a.intra.apply(products(q[0], k[0])), nn.Similarities(q[0], queue.Rows()))
	positive, negatives := a.compared(b, memory, q[last])
	inter := among(s, a.head, positive, negatives)
	intraWeight, interWeight := a.weights(b)
	intra, inter = op.Mul(intra, intraWeight), op.Mul(inter, interWeight)
	b.Metric("intra_loss", intra)
	b.Metric("inter_loss", inter)

	queue.Push(k[0])
	if !a.shared {
		b.Guard(k[last]) // no part of the loss of this step has it
	}
	if a.online {
		b.Metric("change_ratio", memory.Update(k[last], a.memory.of.momentum))
	} else {
		memory.Move(k[last], a.memory.of.momentum)
	}
	memory.Extremes()
	return op.Add(intra, inter)
}

// weights are those of the two losses in this step.
func (a *interclr) weights(b *nn.Builder) (intra, inter *ir.Value) {
	number := func(x float64) *ir.Value { return op.Const(b.G, ir.ScalarTensor(ir.Float32, x)) }
	intra, inter = number(a.intraWeight), number(a.interWeight)
	if a.warmup > 0 {
		begun := b.Begun("inter_begun", a.warmup, true)
		intra, inter = op.Where(begun, intra, number(1)), op.Where(begun, inter, number(0))
	}
	return intra, inter
}

// stages fills the memory before the first step. Clusters that move are tended between steps; others are made anew between epochs, of the features that the network has then, while the memory keeps its keys.
func (a *interclr) stages(b *nn.Builder, m *plan.Memory) {
	found := func(kind string) []plan.Action {
		return append(a.clustering.actions(a.extractor, a.classes), plan.Action{Kind: kind, Memory: m})
	}
	at := a.clustering.place(b, a)
	b.Stage(plan.Stage{Name: "clustering", Initial: true, Do: found(plan.Remember), At: at})
	if a.online {
		a.tending.stages(b, a, m, a.memory.of.least)
	} else {
		b.Stage(plan.Stage{Name: "clustering anew", Epochs: a.interval, Do: found(plan.Assign), At: at})
	}
}

// Embed gives what is clustered.
func (a *interclr) Embed(b *nn.Builder, x *ir.Value) *ir.Value {
	s, names := b.Root(), a.necks()
	return nn.Flatten(a.neck.Forward(s.Sub(names[len(names)-1]), a.backbone.Forward(s.Sub("backbone"), x))[0])
}

// Features are the backbone's.
func (a *interclr) Features(b *nn.Builder, x *ir.Value) []*ir.Value {
	return a.backbone.Forward(b.Root().Sub("backbone"), x)
}
