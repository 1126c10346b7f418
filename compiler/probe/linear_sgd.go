package probe

import "ssc/lang/schema"

var _ = Table.Register(schema.Entry[Probe]{Info: schema.Info{Name: "linear_sgd",
	Doc: "Linear probe by SGD or LARS on features that are extracted once, with the schedules of the papers. The defaults are MoCo's. Other variants of " +
		"MMSelfSup: SimSiam, SimCLR, BYOL optimizer = \"lars\", lr = 1.6, batch_size = 4096, epochs = 90, schedule = \"cosine\"; SwAV, Barlow Twins lr = 0.3, " +
		"weight_decay = 1e-6, schedule = \"cosine\"; MoCo v3 lr = 0.4, batch_size = 1024, epochs = 90, schedule = \"cosine\"; MAE standardize = true. (Its images are " +
		"not augmented: for that, train the algorithm classification with frozen_stages.)",
	Paper:  schema.Paper{Authors: "He, Fan, Wu, Xie, Girshick", Title: "Momentum Contrast for Unsupervised Visual Representation Learning", Year: 2019, ID: "1911.05722"},
	Before: "configs/benchmarks/classification/imagenet/resnet50_linear-8xb32-steplr-100e_in1k.py",
}, New: func() Probe { return &linearSGD{} }})

type linearSGD struct {
	data                      classified
	optimizer, schedule       string
	lr, momentum, weightDecay float64
	batchSize, epochs         int
	milestones                []int
	gamma                     float64
	standardize               bool
}

func (p *linearSGD) Args(s *schema.Set) {
	p.data.declare(s, "the labelled images that it learns from")
	s.String(&p.optimizer, "optimizer", "sgd", "update rule", schema.OneOf("sgd", "lars"))
	s.Float(&p.lr, "lr", 30, "learning rate at the start", schema.Positive)
	s.Float(&p.momentum, "momentum", 0.9, "momentum", schema.Fraction)
	s.Float(&p.weightDecay, "weight_decay", 0, "weight decay", schema.NonNegative)
	s.Int(&p.batchSize, "batch_size", 256, "images in a step", schema.Positive)
	s.Int(&p.epochs, "epochs", 100, "passes over the bank", schema.Positive)
	s.String(&p.schedule, "schedule", "step", "how the learning rate falls, by epoch: \"step\" by gamma at each milestone, or \"cosine\" to 0", schema.OneOf("step", "cosine"))
	s.Ints(&p.milestones, "milestones", []int{60, 80}, "epochs at which the step schedule falls", schema.Positive, schema.Ascending)
	s.Float(&p.gamma, "gamma", 0.1, "factor of the step schedule", schema.Positive)
	s.Bool(&p.standardize, "standardize", false, "whether the features are brought to mean 0 and deviation 1 over the bank: what a batch norm without gain and offset does in the mean")
}

func (p *linearSGD) Datasets() []string { return p.data.datasets() }

func (p *linearSGD) Needs(n *Needs) { n.Logistic = true }
