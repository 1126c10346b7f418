package nn

import (
	"fmt"
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Builder is a graph under construction together with what it declares to the runtime.
type Builder struct {
	G *ir.Graph
	// Training is false for the graph that extracts features: norms use running statistics, nothing is updated.
	Training bool

	States  []*State
	Fields  []plan.Field
	Scalars []plan.Scalar
	Metrics []Metric
	Stages  []plan.Stage
	// Guarded are what a step makes that must be finite for it to count, besides the loss and the gradients; see Guard.
	Guarded []*ir.Value
	// Recompute asks that residual blocks keep no values for the backward part but compute them again; see Scope.Recomputed.
	Recompute bool
	// Blocks tells where each component was written, for diagnostics; see Scope.At.
	Blocks map[schema.Component]*schema.Block

	states  map[string]*State
	fields  map[string]*ir.Value
	scalars map[string]*ir.Value
	vector  *ir.Value // the input that carries all scalars
	views   []plan.ImageType
	batch   ir.Dim
	again   [][2]int // places of nodes in the graph: from, to
}

// State is a tensor that lives from step to step.
type State struct {
	Name string
	Role string // plan.RoleParam, …
	Init plan.Init
	// In is the value at the beginning of the step. New is the value that the step gives it, nil when none does. The compiler gates it, unless Gated says that New is In
	// already where the step does not count.
	In, New *ir.Value
	Gated   bool
	// Frozen parameters are stored and exported but never trained.
	Frozen bool
	// PerApply state advances with optimizer steps, other state with micro-batches.
	PerApply bool
	// Rows, when set, are the rows that New replaces: [row, 1], int64; where a number is there twice, both rows of New are equal. The others stay, and nothing of them is copied.
	Rows *ir.Value
	// Hold, when set, leaves a parameter and what the optimizer keeps for it alone as long as it is true, as if it were frozen. Shape: [], bool.
	Hold *ir.Value
	// Project, when set, follows the optimizer's update of a parameter: it takes the new value back to where it must lie, the unit sphere for instance.
	Project func(*ir.Value) *ir.Value

	follows *State    // the parameter that a teacher's one follows once the optimizer has moved it
	rate    *ir.Value // … and by how much
}

// Metric is a scalar that the runtime logs.
type Metric struct {
	Name  string
	Value *ir.Value
}

// NewBuilder starts a graph. views are the types of the batch's images, batch its first axis.
func NewBuilder(name string, training bool, batch ir.Dim, views []plan.ImageType) *Builder {
	return &Builder{G: ir.New(name), Training: training, batch: batch, views: views,
		states: map[string]*State{}, fields: map[string]*ir.Value{}, scalars: map[string]*ir.Value{}}
}

// Views is the number of images in a sample.
func (b *Builder) Views() int { return len(b.views) }

// Batch is the batch axis: static in training, symbolic in extraction.
func (b *Builder) Batch() ir.Dim { return b.batch }

// View is the batch of images of view i. Shape: [batch, channel, height, width], normalised float32.
func (b *Builder) View(i int) *ir.Value {
	t := b.views[i]
	s := ir.Shape{b.batch, {Name: "channel", Size: t.Channels}, {Name: "height", Size: t.Height}, {Name: "width", Size: t.Width}}
	return b.field(plan.Field{Name: fmt.Sprintf("view%d", i), Kind: "view", View: i}, ir.Float32, s)
}

// AllViews is the concatenation of all views along the batch axis, view after view: [view·batch, channel, height, width].
func (b *Builder) AllViews() *ir.Value { return b.FirstViews(len(b.views)) }

// FirstViews is the batch of the first n views, which must have one size, view after view: [view·batch, channel, height, width].
func (b *Builder) FirstViews(n int) *ir.Value { return b.stack(0, n) }

// Crops are the views, those of one size that stand together in one batch, view after view: what a network that takes crops of several sizes is run
// on, once for each. Shapes: [view·batch, channel, height, width].
func (b *Builder) Crops() []*ir.Value {
	var crops []*ir.Value
	for from, i := 0, 1; i <= len(b.views); i++ {
		if i == len(b.views) || b.views[i] != b.views[from] {
			crops = append(crops, b.stack(from, i))
			from = i
		}
	}
	return crops
}

// stack is the batch of the views from … to-1.
func (b *Builder) stack(from, to int) *ir.Value {
	var all []*ir.Value
	for i := from; i < to; i++ {
		if v, w := b.views[from], b.views[i]; v.Height != w.Height || v.Width != w.Width {
			b.G.Errorf("View sizes differ", "The views %d to %d go through the network as one batch, but the images of view %d are [height=%d, width=%d] and those of view %d [height=%d, width=%d]. Give them one size.",
				from, to-1, from, v.Height, v.Width, i, w.Height, w.Width)
			return b.Failed()
		}
		all = append(all, b.View(i))
	}
	if len(all) == 1 {
		return all[0]
	}
	return op.Concat(0, all...)
}

// Index is the number of each sample in its dataset: [batch], int64.
func (b *Builder) Index() *ir.Value {
	return b.field(plan.Field{Name: "idx", Kind: "idx"}, ir.Int64, ir.Shape{b.batch})
}

// IndexOf is Index where the training set must have length samples, as the argument "length" of component c says: the runtime compares them before the first step.
func (b *Builder) IndexOf(length int, c schema.Component) *ir.Value {
	v := b.Index()
	f := &b.Fields[slices.IndexFunc(b.Fields, func(f plan.Field) bool { return f.Kind == "idx" })]
	f.Below = length
	f.At = b.Place(c, "length")
	return v
}

// Label is the label of each sample, -1 where there is none: [batch], int64.
func (b *Builder) Label() *ir.Value {
	return b.field(plan.Field{Name: "label", Kind: "label"}, ir.Int64, ir.Shape{b.batch})
}

// PseudoLabel is the label that a stage gave each sample: [batch], int64.
func (b *Builder) PseudoLabel() *ir.Value {
	return b.field(plan.Field{Name: "pseudo_label", Kind: "pseudo_label"}, ir.Int64, ir.Shape{b.batch})
}

// Stage declares work between steps. It runs behind the stages that were declared before.
func (b *Builder) Stage(s plan.Stage) { b.Stages = append(b.Stages, s) }

// Place is the file:line,column of an argument of component c or, when it was not given, of its block; empty where it was not written.
func (b *Builder) Place(c schema.Component, arg string) string {
	if block := b.Blocks[c]; block != nil {
		return block.At(arg)
	}
	return ""
}

// Noise is a tensor of uniform numbers in [0,1) that the host draws for each step.
func (b *Builder) Noise(name string, s ir.Shape) *ir.Value {
	return b.field(plan.Field{Name: name, Kind: "noise"}, ir.Float32, s)
}

// Permutation is a random order of 0 … n-1 that the host draws for each step: [n], int64.
func (b *Builder) Permutation(name string, n ir.Dim) *ir.Value {
	return b.field(plan.Field{Name: name, Kind: "permutation"}, ir.Int64, ir.Shape{n})
}

// Draw are whole numbers from 0 … below-1 that the host draws for each step, each by itself: int64.
func (b *Builder) Draw(name string, s ir.Shape, below int) *ir.Value {
	return b.field(plan.Field{Name: name, Kind: "draw", Below: below}, ir.Int64, s)
}

func (b *Builder) field(f plan.Field, d ir.DType, s ir.Shape) *ir.Value {
	if v := b.fields[f.Name]; v != nil {
		return v
	}
	f.DType, f.Dims = d.String(), s.Sizes()
	b.Fields = append(b.Fields, f)
	v := b.G.Input(f.Name, d, s)
	b.fields[f.Name] = v
	return v
}

// Scalar is a float32 number that the runtime computes for each step from the curve. Shape: [].
func (b *Builder) Scalar(name string, c plan.Curve) *ir.Value {
	if v := b.scalars[name]; v != nil {
		return v
	}
	if b.vector == nil {
		b.vector = b.G.Input("scalars", ir.Float32, ir.Dims(0)) // sized by Finish
	}
	i := len(b.Scalars)
	b.Scalars = append(b.Scalars, plan.Scalar{Name: name, Curve: c})
	b.vector.Shape = ir.Named("scalar", i+1)
	defer b.G.SetScope("scalars/" + name)()
	v := op.Gather(b.vector, op.Const(b.G, ir.ScalarTensor(ir.Int64, float64(i))), 0)
	b.scalars[name] = v
	return v
}

// Begun is false for the first length steps, or epochs, of a run and then true; the scalar of that name carries it. Shape: [], bool.
func (b *Builder) Begun(name string, length int, byEpoch bool) *ir.Value {
	curve := plan.Curve{Kind: "constant", Base: 1}
	if length > 0 {
		curve.Warmup = &plan.Warmup{Kind: "constant", Length: length, ByEpoch: byEpoch}
	}
	v := b.Scalar(name, curve)
	return op.Greater(v, op.Scalar(v, 0.5))
}

// Guard lets a step count only if x is finite: what goes into state without having a part in the loss. What x is made of is read before any state is written.
func (b *Builder) Guard(x *ir.Value) { b.Guarded = append(b.Guarded, x) }

// Metric logs a scalar under the name.
func (b *Builder) Metric(name string, v *ir.Value) { b.Metrics = append(b.Metrics, Metric{name, v}) }

// State declares a state tensor, or returns the one of that name.
func (b *Builder) State(name, role string, s ir.Shape, init plan.Init) *State {
	if st := b.states[name]; st != nil {
		if !st.In.Shape.Equal(s) {
			b.G.Errorf("Shape mismatch", "The state tensor %s is used as %s and as %s. Give the two uses equal shapes.", name, st.In.Shape, s)
		}
		return st
	}
	st := &State{Name: name, Role: role, Init: init, In: b.G.Input(name, ir.Float32, s)}
	b.states[name] = st
	b.States = append(b.States, st)
	return st
}

// Lookup returns a declared state tensor, or nil.
func (b *Builder) Lookup(name string) *State { return b.states[name] }

// Trained lists the parameters that gradients are wanted for, in order of declaration.
func (b *Builder) Trained() []*State {
	var out []*State
	for _, s := range b.States {
		if s.Role == plan.RoleParam && !s.Frozen {
			out = append(out, s)
		}
	}
	return out
}

// Failed is an invalid scalar, what a builder returns when it has reported an error.
func (b *Builder) Failed() *ir.Value { return b.G.InvalidValue() }
