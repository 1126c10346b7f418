package plan

// Format is the version of plan.json. A reader accepts exactly its own.
const Format = 1

// Plan is the content of plan.json.
type Plan struct {
	Format   int              `json:"format"`
	Compiler string           `json:"compiler"` // version of ssc that compiled it
	Name     string           `json:"name"`     // name of the pipeline; the run folder's name
	Seed     uint64           `json:"seed"`
	Target   Target           `json:"target"`
	Graphs   map[string]Graph `json:"graphs"` // "train", "extract"
	State    []State          `json:"state"`
	Groups   []Group          `json:"groups"`
	Scalars  []Scalar         `json:"scalars"` // elements of the input "scalars", in order; the first two are gate and apply
	Metrics  []string         `json:"metrics"` // elements of the output "metrics", in order
	Fields   []Field          `json:"fields"`  // batch inputs of the train graph
	Datasets []Dataset        `json:"datasets"`
	Loader   Loader           `json:"loader"`
	Train    Train            `json:"train"`
	Stages   []Stage          `json:"stages,omitempty"` // between steps
	Monitors []Component      `json:"monitors"`
	Evaluate []Component      `json:"evaluate"`
	Track    Track            `json:"track,omitzero"`
	Stats    Stats            `json:"stats"`
	Pipeline Component        `json:"pipeline"`           // the whole resolved pipeline, defaults included
	Settings []Setting        `json:"settings,omitempty"` // the same, value by value with its origin, for people
}

// Target is the machine a plan was compiled for.
type Target struct {
	Device    string   `json:"device"`    // "cpu", "cuda"
	Layout    string   `json:"layout"`    // "nchw" or "nhwc"
	Precision string   `json:"precision"` // "fp32", "bf16"
	Kernels   []string `json:"kernels,omitempty"`
	World     int      `json:"world"` // processes
}

// Graph is one ONNX model of the plan.
type Graph struct {
	File    string     `json:"file"`
	SHA256  string     `json:"sha256"`
	Inputs  []TensorID `json:"inputs"`
	Outputs []TensorID `json:"outputs"`
	// Weights are the state tensors that are external initializers of the model.
	Weights []string `json:"weights,omitempty"`
}

// TensorID names an input or output of a graph. Dims has -1 for the symbolic batch.
type TensorID struct {
	Name  string `json:"name"`
	DType string `json:"dtype"` // "f32", "i64", "bool", …
	Dims  []int  `json:"dims"`
}

// Roles of state tensors.
const (
	RoleParam     = "param"     // trained weights
	RoleBuffer    = "buffer"    // running statistics, queues, centres
	RoleTeacher   = "teacher"   // exponential moving average of a parameter
	RoleOptimizer = "optimizer" // moments, step counts
	RoleAccum     = "accum"     // gradient sums between micro-batches
)

// State is one tensor that lives from step to step. The train graph reads input Name and writes output Next; with InPlace the two
// are bound to one buffer, else they are swapped after each step.
type State struct {
	Name    string `json:"name"`
	Next    string `json:"next,omitempty"` // output of the train graph; empty for state that no step changes
	DType   string `json:"dtype"`
	Dims    []int  `json:"dims"`
	Role    string `json:"role"`
	Group   int    `json:"group"` // parameter group, or -1
	Init    Init   `json:"init"`
	InPlace bool   `json:"in_place"`
	Frozen  bool   `json:"frozen,omitempty"`  // a parameter that no gradient reaches by declaration
	Extract bool   `json:"extract,omitempty"` // read by the extraction graph too
}

// Init says how a state tensor starts. Kinds: "constant" (Value), "uniform" (Lo, Hi), "normal" (Mean, Std), "trunc_normal" (Mean,
// Std, cut at Lo, Hi), "copy" (Of: another state tensor). With Unit every row, that is all elements behind one index of the first axis, is divided by its Euclidean norm.
type Init struct {
	Kind  string  `json:"kind"`
	Value float64 `json:"value,omitempty"`
	Lo    float64 `json:"lo,omitempty"`
	Hi    float64 `json:"hi,omitempty"`
	Mean  float64 `json:"mean,omitempty"`
	Std   float64 `json:"std,omitempty"`
	Of    string  `json:"of,omitempty"`
	Unit  bool    `json:"unit,omitempty"`
}

// Group is a set of parameters with the same options.
type Group struct {
	LR          string   `json:"lr"` // the scalar that carries its learning rate
	LRMult      float64  `json:"lr_mult"`
	WeightDecay float64  `json:"weight_decay"`
	Decay       string   `json:"decay,omitempty"`    // the scalar that carries its weight decay instead
	Momentum    *float64 `json:"momentum,omitempty"` // unset: the optimizer's
	NoAdapt     bool     `json:"lars_exclude,omitempty"`
	Params      int      `json:"params"` // number of tensors
}

// Rate is the scalar whose value is logged as the learning rate: the optimizer's, "lr", or where every group has its own that of the group with most tensors.
func (p *Plan) Rate() string {
	name, most := "lr", 0
	for _, g := range p.Groups {
		if g.LR == "lr" {
			return g.LR
		}
		if g.Params > most {
			name, most = g.LR, g.Params
		}
	}
	return name
}

// Same reports whether two groups have the same options.
func (g Group) Same(h Group) bool {
	m := g.Momentum == h.Momentum || g.Momentum != nil && h.Momentum != nil && *g.Momentum == *h.Momentum
	return m && g.LR == h.LR && g.LRMult == h.LRMult && g.WeightDecay == h.WeightDecay && g.Decay == h.Decay && g.NoAdapt == h.NoAdapt
}

// Scalar is one number that the runtime computes for each step.
type Scalar struct {
	Name  string `json:"name"`
	Curve Curve  `json:"curve"`
}

// Field is a batch input of the train graph. Kind is "view" (View tells which), "idx", "label", "pseudo_label" (what a stage made of the sample's number), "noise" (uniform in [0,1)), "permutation"
// (a random order of its indices), or "draw" (whole numbers from 0 … Below-1, each drawn by itself).
type Field struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	View  int    `json:"view,omitempty"`
	Below int    `json:"below,omitempty"` // of "draw"; of "idx" the number of images that the training set must have, 0 for any …
	At    string `json:"at,omitempty"`    // … and file:line,col of what says so
	DType string `json:"dtype"`
	Dims  []int  `json:"dims"`
}

// Component is a block of the pipeline with all its arguments, as JSON: {"type": "idx", "args": {...}, "blocks": [...]}.
// Type is the block's own name for transforms ("random_resized_crop"), "algorithm", "source", … with Label "simclr", "idx" otherwise.
type Component struct {
	Type   string         `json:"type,omitempty"`
	Label  string         `json:"label,omitempty"`
	Args   map[string]any `json:"args,omitempty"`
	Blocks []Component    `json:"blocks,omitempty"`
	At     string         `json:"at,omitempty"` // file:line,col of the block, for the runtime's messages

	Locations []string `json:"locations,omitempty"` // the arguments that say where files lie
}

// Dataset is a source with its views.
type Dataset struct {
	Name   string    `json:"name"`
	Source Component `json:"source"`
	Views  []View    `json:"views"` // expanded: one entry per view of the batch
}

// View is one image of a sample: a list of transforms and what comes out of it.
type View struct {
	Transforms []Component `json:"transforms"`
	Image      ImageType   `json:"image"`
}

// ImageType is what is known of the images between two transforms. Height and Width 0 mean that they vary. Normalized images
// are float32 planes, others 8-bit.
type ImageType struct {
	Channels   int  `json:"channels"`
	Height     int  `json:"height"`
	Width      int  `json:"width"`
	Normalized bool `json:"normalized,omitempty"`
}

// Loader is how batches are made.
type Loader struct {
	BatchSize int    `json:"batch_size"` // samples per micro-batch
	Workers   int    `json:"workers"`    // 0: one per processor
	Prefetch  int    `json:"prefetch"`   // batches ready ahead of the step
	Last      string `json:"last"`       // "wrap", "drop"
	Shuffle   bool   `json:"shuffle"`
	Replace   bool   `json:"replace,omitempty"` // an epoch's images are drawn with replacement
	// MaxBadFraction is the share of unreadable samples above which a run stops.
	MaxBadFraction float64 `json:"max_bad_fraction"`

	Cache     string  `json:"cache,omitempty"`      // "off", "auto" or a folder: where decoded images are kept
	CacheSide int     `json:"cache_side,omitempty"` // bound of their shorter side in pixels; 0: none
	CacheGiB  float64 `json:"cache_gib,omitempty"`  // bound of what is kept of a data set
}

// Train is the loop.
type Train struct {
	Epochs     int        `json:"epochs"`
	Accumulate int        `json:"accumulate"` // micro-batches per optimizer step
	Checkpoint Checkpoint `json:"checkpoint"`
	LogEvery   int        `json:"log_every"` // steps
	MaxBad     int        `json:"max_bad_steps"`
	InitFrom   *InitFrom  `json:"init_from,omitempty"` // nil: start from the seed alone
}

// InitFrom starts the weights from a file; everything else starts as always.
type InitFrom struct {
	Checkpoint string   `json:"checkpoint"` // a run folder, a checkpoint of one, or a safetensors file
	From       string   `json:"from"`       // tensors whose names begin so are taken …
	To         string   `json:"to"`         // … and this takes the place of that beginning
	Fresh      []string `json:"fresh"`      // patterns of the parameters that keep their initial values
	Unused     []string `json:"unused"`     // patterns of tensors of the file that are left
	At         string   `json:"at"`         // file:line,col of the block
}

// Checkpoint is when the state is saved and how much of it is kept.
type Checkpoint struct {
	Epochs  int     `json:"epochs"`  // every so many epochs
	Steps   int     `json:"steps"`   // every so many steps; 0: not by steps
	Minutes float64 `json:"minutes"` // at least that often
	Keep    int     `json:"keep"`
}

// Track is what a run writes for people and other programs beside its results. It is no part of what a plan computes, nor of its digest.
type Track struct {
	Report      bool   `json:"report"`           // report.html
	TensorBoard bool   `json:"tensorboard"`      // tensorboard/
	MLflow      string `json:"mlflow,omitempty"` // the folder of a file store; empty: none
	Experiment  string `json:"experiment,omitempty"`
}

// Setting is one final value of the pipeline.
type Setting struct {
	Path   string `json:"path"`   // the address that -set takes
	Value  string `json:"value"`  // as it is written in a file
	Origin string `json:"origin"` // file:line,col, or "default"
}

// Stats are predictions of the compiler.
type Stats struct {
	Nodes      int   `json:"nodes"`
	Params     int   `json:"params"`                    // trained elements
	FLOPs      int64 `json:"flops"`                     // of one step, without what is computed a second time, …
	Recompute  int64 `json:"recompute_flops,omitempty"` // … and that
	StateBytes int64 `json:"state_bytes"`               // all state tensors
	PeakBytes  int64 `json:"peak_bytes"`                // state and activations at the worst moment of a step, without the scratch of native kernels: see Peak
	// Moments are those that may be the worst with the scratch of native kernels, one after another as threads are more; empty without kernels, and in plans of older versions.
	Moments []Moment `json:"moments,omitempty"`
}

// Moment is what memory a step takes while one of its nodes runs.
type Moment struct {
	Bytes       int64 `json:"bytes"`                  // state included, without what each thread takes
	ThreadBytes int64 `json:"thread_bytes,omitempty"` // for each of the threads that have a part in it …
	Threads     int   `json:"threads,omitempty"`      // … which are at most so many
}

// Peak is what a step is predicted to take at its worst moment on so many threads in bytes: state, activations, and the scratch of native kernels.
func (s Stats) Peak(threads int) int64 {
	most := s.PeakBytes
	for _, m := range s.Moments {
		most = max(most, m.Bytes+m.ThreadBytes*int64(min(m.Threads, threads)))
	}
	return most
}
