package compiler

import (
	"ssc/compiler/algorithm"
	"ssc/compiler/backbone"
	"ssc/compiler/head"
	"ssc/compiler/memory"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/optimizer"
	"ssc/compiler/plan"
	"ssc/compiler/probe"
	"ssc/compiler/schedule"
	"ssc/lang/schema"
)

// Tables are the component kinds that the compiler does not own.
type Tables struct {
	Source    schema.Kind // components with Channels() int
	Transform schema.Kind // components with Shape(plan.ImageType) (plan.ImageType, error)
}

// Kinds lists every kind of component, in the order of the manual.
func (t Tables) Kinds() []schema.Kind {
	return []schema.Kind{algorithm.Table, backbone.Table, neck.Table, head.Table, memory.Table, nn.Norms, t.Source, t.Transform,
		optimizer.Table, schedule.Table, probe.Table}
}

// Root returns a fresh description of a whole pipeline file.
func (t Tables) Root() schema.Component { return &root{tables: t} }

type root struct {
	tables Tables

	pipeline  pipeline
	algorithm algorithm.Algorithm
	datasets  []*dataset
	loader    loader
	optimizer optimizer.Optimizer
	schedule  schedule.Schedule
	train     train
	monitors  []schema.Component
	evaluates []schema.Component
	track     track
	export    export
}

func (r *root) Args(s *schema.Set) {
	s.Repeated("pipeline", "what the run as a whole is called (the label) and seeded with", true, func() { schema.Of(&r.pipeline) }, func(name string) schema.Component {
		r.pipeline.name = name
		return &r.pipeline
	})
	s.Children[0].Max = 1
	schema.Child(s, &r.algorithm, "algorithm", algorithm.Table, "the method", true)
	s.Repeated("dataset", "images and the views made of them, by name; \"train\" is trained on", true, func() { r.datasets = nil }, func(name string) schema.Component {
		d := &dataset{name: name, tables: r.tables}
		r.datasets = append(r.datasets, d)
		return d
	})
	s.Block(&r.loader, "loader", "how batches are made", nil)
	schema.Child(s, &r.optimizer, "optimizer", optimizer.Table, "update rule", true)
	schema.ChildDefault(s, &r.schedule, "schedule", schedule.Table, "constant", "how the learning rate changes")
	s.Block(&r.train, "train", "the training loop", nil)
	schema.Children(s, &r.monitors, "monitor", probe.Table, "measurement during training", 0)
	schema.Children(s, &r.evaluates, "evaluate", probe.Table, "measurement after training", 0)
	s.Block(&r.track, "track", "what a run writes for people and other programs; nothing here changes what is trained, and a run that goes on may change it", nil)
	s.Block(&r.export, "export", "what extract.onnx gives", nil)
}

func (r *root) dataset(name string) *dataset {
	for _, d := range r.datasets {
		if d.name == name {
			return d
		}
	}
	return nil
}

// names are those of the datasets.
func (r *root) names() []string {
	var out []string
	for _, d := range r.datasets {
		out = append(out, d.name)
	}
	return out
}

type pipeline struct {
	name, description string
	seed              int
}

func (p *pipeline) Args(s *schema.Set) {
	s.String(&p.description, "description", "", "a line for people")
	s.Int(&p.seed, "seed", 0, "seed of everything random", schema.NonNegative)
}

type dataset struct {
	tables Tables
	name   string
	source schema.Component
	views  []*view
}

func (d *dataset) Args(s *schema.Set) {
	schema.ChildOf(s, &d.source, "source", d.tables.Source, "where the images come from", true)
	s.Repeated("view", "one kind of view and the transforms that make it, in order", false, func() { d.views = nil }, func(string) schema.Component {
		v := &view{tables: d.tables}
		d.views = append(d.views, v)
		return v
	})
}

type view struct {
	tables     Tables
	count      int
	transforms []schema.Component
}

func (v *view) Args(s *schema.Set) {
	s.Int(&v.count, "count", 1, "number of views of this kind of each image", schema.Positive)
	schema.Children(s, &v.transforms, "", v.tables.Transform, "transform", 0)
}

type loader struct{ plan.Loader }

func (l *loader) Args(s *schema.Set) {
	s.Int(&l.BatchSize, "batch_size", 256, "images in a micro-batch", schema.Positive)
	s.Int(&l.Workers, "workers", 0, "threads that make views; 0 takes one per processor", schema.NonNegative)
	s.Int(&l.Prefetch, "prefetch", 2, "batches made ahead of the step", schema.Positive)
	s.String(&l.Last, "last", "wrap", "what happens to the last, incomplete batch of an epoch: \"wrap\" fills it from the start of the epoch's order, \"drop\" leaves it out", schema.OneOf("wrap", "drop"))
	s.Bool(&l.Shuffle, "shuffle", true, "whether each epoch has its own random order")
	s.Bool(&l.Replace, "replace", false, "whether an epoch's images are drawn with replacement: some come more than once and others not at all; shuffle does not count then")
	s.Float(&l.MaxBadFraction, "max_bad_fraction", 0.01, "share of unreadable images above which a run stops; below it each is replaced by another image and reported", schema.Fraction)
	s.String(&l.Cache, "cache", "off", "where decoded images are kept, so that they are decoded once and not in every epoch: a folder, \"auto\" for one in the cache folder, or \"off\". Without cache_side no pixel changes by it", schema.NotEmpty, schema.Location)
	s.Int(&l.CacheSide, "cache_side", 0, "with a cache: images with a longer shorter side are shrunk to it before the views are made, which costs detail and saves space; 0 keeps them as they are", schema.NonNegative)
	s.Float(&l.CacheGiB, "cache_gib", 16, "a data set that takes more GiB than this when decoded is not kept", schema.Positive)
}

type train struct {
	epochs, accumulate, logEvery, maxBad int
	precision, recompute                 string
	checkpoint                           checkpoint
	initFrom                             initFrom
	hasInit                              bool
}

func (t *train) Args(s *schema.Set) {
	s.Int(&t.epochs, "epochs", 100, "passes over the training set", schema.Positive)
	s.Int(&t.accumulate, "accumulate", 1, "micro-batches per optimizer step", schema.Positive)
	s.String(&t.precision, "precision", "fp32", "arithmetic of the step: \"fp32\", or \"bf16\": convolutions, products of transformers and what stands between them keep activations, weights and their gradients in bfloat16; weights that are trained, statistics, losses, sums and the optimizer stay float32", schema.OneOf("fp32", "bf16"))
	s.String(&t.recompute, "recompute", "none", "which values of the forward part are computed a second time instead of being kept: \"none\", or \"block\" for those inside the blocks of the backbone, which takes about a quarter more time and, for ResNet-50 and ViT-S, half to a fifth of the memory of activations. No bit of the result changes", schema.OneOf("none", "block"))
	s.Int(&t.logEvery, "log_every", 10, "steps between two lines of the log", schema.Positive)
	s.Int(&t.maxBad, "max_bad_steps", 10, "steps in a row with a non-finite loss or gradient after which the run stops", schema.Positive)
	s.Block(&t.checkpoint, "checkpoint", "when the state is saved", nil)
	s.Block(&t.initFrom, "init_from", "weights to start from, and nothing else of the run that made them", &t.hasInit)
}

type checkpoint struct{ plan.Checkpoint }

func (c *checkpoint) Args(s *schema.Set) {
	s.Int(&c.Epochs, "epochs", 1, "epochs between two checkpoints", schema.Positive)
	s.Int(&c.Steps, "steps", 0, "steps between two checkpoints; 0 saves by epochs and minutes only", schema.NonNegative)
	s.Float(&c.Minutes, "minutes", 10, "minutes after which the state is saved at the latest", schema.Positive)
	s.Int(&c.Keep, "keep", 2, "number of checkpoints kept", schema.Positive)
}

type track struct{ plan.Track }

func (t *track) Args(s *schema.Set) {
	s.Bool(&t.Report, "report", true, "whether report.html is kept in the run folder")
	s.Bool(&t.TensorBoard, "tensorboard", true, "whether TensorBoard's event file is kept in the run folder")
	s.String(&t.MLflow, "mlflow", "", "folder of an MLflow file store that the run is written into, as \"mlruns\"; empty writes none")
	s.String(&t.Experiment, "experiment", "ssc", "MLflow experiment that the run belongs to", schema.NotEmpty)
}

type export struct {
	poolSize int
	layer    string
}

func (e *export) Args(s *schema.Set) {
	s.String(&e.layer, "layer", "last", "what features are taken from: \"last\", the deepest map of the backbone; \"map0\", \"map1\", …, one of those that its out_indices asks for, shallowest first; or \"embedding\", what the algorithm's loss compares",
		schema.NotEmpty)
	s.Int(&e.poolSize, "pool_size", 1, "cells per side that the last feature map is averaged to before it is flattened; 0 keeps the map as it is", schema.NonNegative)
}
