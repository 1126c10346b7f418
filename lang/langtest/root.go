// Package langtest holds what tests of the language share: a small pipeline schema ([Root]) with the shapes of block that the real one has, and the
// runner of the language's conformance suite ([Suite]).
package langtest

import "ssc/lang/schema"

// Tables of the small schema. Its names are those of the real one, so that files written for it load there too.
var (
	algorithms = schema.NewTable[schema.Component]("algorithm")
	backbones  = schema.NewTable[schema.Component]("backbone")
	norms      = schema.NewTable[schema.Component]("norm")
	necks      = schema.NewTable[schema.Component]("neck")
	heads      = schema.NewTable[schema.Component]("head")
	sources    = schema.NewTable[schema.Component]("source")
	transforms = schema.NewTable[schema.Component]("transform")
	optimizers = schema.NewTable[schema.Component]("optimizer")
	schedules  = schema.NewTable[schema.Component]("schedule")
	probes     = schema.NewTable[schema.Component]("probe")
)

// Kinds lists the tables.
func Kinds() []schema.Kind {
	return []schema.Kind{algorithms, backbones, norms, necks, heads, sources, transforms, optimizers, schedules, probes}
}

var _ = []struct{}{
	part(algorithms, "simclr", func(s *schema.Set) {
		var backbone, neck, head schema.Component
		schema.Child(s, &backbone, "backbone", backbones, "network over images", true)
		schema.Child(s, &neck, "neck", necks, "projector", true)
		schema.Child(s, &head, "head", heads, "loss", true)
	}),
	part(backbones, "resnet", func(s *schema.Set) {
		var out []int
		var norm schema.Component
		s.Int(new(int), "depth", 50, "number of layers", schema.OneOfInt(10, 18, 34, 50, 101, 152))
		s.Int(new(int), "base_channels", 64, "channels of the first stage", schema.Positive)
		s.Ints(&out, "out_indices", []int{4}, "stages whose maps come out")
		s.String(new(string), "stem", "imagenet", "first layers", schema.OneOf("imagenet", "small"))
		schema.ChildDefault(s, &norm, "norm", norms, "bn", "normalisation layer")
	}),
	part(norms, "bn", func(s *schema.Set) { s.Float(new(float64), "eps", 1e-5, "added to the variance", schema.Positive) }),
	part(norms, "gn", func(s *schema.Set) { s.Int(new(int), "num_groups", 32, "groups of channels", schema.Positive) }),
	part(necks, "nonlinear", func(s *schema.Set) {
		s.Int(new(int), "hid_channels", 2048, "size between the layers", schema.Positive)
		s.Int(new(int), "out_channels", 128, "size of the output", schema.Positive)
	}),
	part(heads, "contrastive", func(s *schema.Set) {
		s.Float(new(float64), "temperature", 0.1, "softmax temperature; τ of eq. 1", schema.Positive)
	}),
	part(sources, "idx", func(s *schema.Set) {
		s.String(new(string), "images", "", "file of images", schema.Required, schema.NotEmpty)
		s.String(new(string), "labels", "", "file of labels; empty for none")
	}),
	part(transforms, "random_resized_crop", func(s *schema.Set) {
		s.IntPair(new([2]int), "size", [2]int{224, 224}, "pixels, height and width", schema.Positive)
		s.FloatPair(new([2]float64), "scale", [2]float64{0.08, 1}, "part of the area", schema.Fraction, schema.Ascending)
	}),
	part(transforms, "random_horizontal_flip", func(s *schema.Set) { s.Float(new(float64), "p", 0.5, "probability", schema.Fraction) }),
	part(transforms, "gaussian_blur", func(s *schema.Set) {
		s.Float(new(float64), "p", 0.5, "probability", schema.Fraction)
		s.OptFloat(new(*float64), "sigma", "standard deviation in pixels, instead of a random one", schema.Positive)
	}),
	part(transforms, "normalize", func(s *schema.Set) {
		s.Floats(new([]float64), "mean", []float64{0.5}, "of each channel, in [0, 1]")
		s.Floats(new([]float64), "std", []float64{0.25}, "of each channel, in [0, 1]", schema.Positive)
	}),
	part(transforms, "random_applied_trans", func(s *schema.Set) {
		s.Float(new(float64), "p", 0.5, "probability", schema.Fraction)
		schema.Children(s, new([]schema.Component), "", transforms, "the transforms, in order", 1)
	}),
	part(optimizers, "sgd", func(s *schema.Set) {
		s.Float(new(float64), "lr", 0.1, "learning rate", schema.NonNegative)
		s.Float(new(float64), "momentum", 0.9, "momentum", schema.Fraction)
		groups(s)
	}),
	part(optimizers, "adamw", func(s *schema.Set) {
		s.Float(new(float64), "lr", 1e-3, "learning rate", schema.NonNegative)
		s.Float(new(float64), "weight_decay", 0.01, "weight decay", schema.NonNegative)
		s.OptFloat(new(*float64), "clip_norm", "largest norm of the gradients", schema.Positive)
		groups(s)
	}),
	part(schedules, "constant", func(*schema.Set) {}),
	part(schedules, "cosine", func(s *schema.Set) { s.Float(new(float64), "min_lr", 0, "last learning rate", schema.NonNegative) }),
	part(probes, "knn", func(s *schema.Set) {
		s.String(new(string), "bank", "", "dataset of the neighbours", schema.Required)
		s.String(new(string), "queries", "", "dataset that is classified", schema.Required)
		s.Int(new(int), "k", 20, "neighbours", schema.Positive)
	}),
}

func groups(s *schema.Set) {
	s.Repeated("group", "options of the parameters whose names match", false, func() {}, func(string) schema.Component {
		return args(func(s *schema.Set) {
			s.String(new(string), "match", "", "pattern of the names", schema.Required)
			s.Float(new(float64), "lr_mult", 1, "factor on the learning rate", schema.NonNegative)
		})
	})
}

// args is a component that is its declarations.
type args func(s *schema.Set)

func (a args) Args(s *schema.Set) { a(s) }

// part registers a component of the small schema.
func part(t *schema.Table[schema.Component], name string, declare func(s *schema.Set)) struct{} {
	return t.Register(schema.Entry[schema.Component]{
		Info: schema.Info{Name: name, Doc: "The " + t.Name() + " " + name + ".", Paper: schema.Paper{None: "made for tests"}},
		New:  func() schema.Component { return args(declare) },
	})
}

// Root makes a pipeline of the small schema.
func Root() schema.Component {
	return args(func(s *schema.Set) {
		var schedule, algorithm, optimizer schema.Component
		s.Named(args(func(s *schema.Set) {
			s.String(new(string), "description", "", "a line for people")
			s.Int(new(int), "seed", 0, "seed of everything random", schema.NonNegative)
		}), new(string), "pipeline", "the run as a whole")
		schema.Child(s, &algorithm, "algorithm", algorithms, "the method", true)
		s.Repeated("dataset", "images and their views", true, func() {}, func(string) schema.Component { return args(dataset) })
		s.Block(args(func(s *schema.Set) { s.Int(new(int), "batch_size", 256, "images in a batch", schema.Positive) }), "loader", "how batches are made", nil)
		schema.Child(s, &optimizer, "optimizer", optimizers, "update rule", true)
		schema.ChildDefault(s, &schedule, "schedule", schedules, "constant", "how the learning rate changes")
		s.Block(args(train), "train", "the training loop", nil)
		schema.Children(s, new([]schema.Component), "monitor", probes, "measurement during training", 0)
		schema.Children(s, new([]schema.Component), "evaluate", probes, "measurement after training", 0)
	})
}

func dataset(s *schema.Set) {
	var source schema.Component
	schema.Child(s, &source, "source", sources, "where the images come from", true)
	s.Repeated("view", "one kind of view", false, func() {}, func(string) schema.Component {
		return args(func(s *schema.Set) {
			s.Int(new(int), "count", 1, "number of views of this kind", schema.Positive)
			schema.Children(s, new([]schema.Component), "", transforms, "transform", 0)
		})
	})
}

func train(s *schema.Set) {
	s.Int(new(int), "epochs", 100, "passes over the data", schema.Positive)
	s.Int(new(int), "log_every", 10, "steps between two lines", schema.Positive)
	s.String(new(string), "precision", "fp32", "arithmetic", schema.OneOf("fp32"))
	s.Block(args(func(s *schema.Set) {
		s.Int(new(int), "keep", 2, "checkpoints kept", schema.Positive)
		s.Float(new(float64), "minutes", 10, "minutes between two", schema.Positive)
	}), "checkpoint", "when the state is saved", nil)
}
