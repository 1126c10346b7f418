package probe

import (
	"context"
	"fmt"
	"math"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/ort"
)

// Names of subjects.
const (
	Encoder   = "encoder"
	Untrained = "untrained encoder"
	RawPixels = "raw pixels"
)

// Dataset is an opened dataset of the plan.
type Dataset struct {
	Spec     plan.Dataset
	Samples  datasource.Samples
	Channels int // of the samples
}

// Open opens a dataset of a plan. An error begins with the place of its source.
func Open(ctx context.Context, d plan.Dataset) (Dataset, error) {
	src, err := datasource.Build(d.Source)
	if err != nil {
		return Dataset{}, err
	}
	samples, err := src.Open(ctx)
	if err != nil {
		return Dataset{}, fmt.Errorf("%s: dataset %q: %w", d.Source.At, d.Name, err)
	}
	if samples.Len() == 0 {
		return Dataset{}, fmt.Errorf("%s: dataset %q has no images", d.Source.At, d.Name)
	}
	return Dataset{Spec: d, Samples: samples, Channels: src.Channels()}, nil
}

// Subject is what is measured, and on which data. Probes share the features that it has extracted; Close frees them.
type Subject struct {
	Name   string
	Plan   *plan.Plan
	Models map[string][]byte // by the names of the plan's graphs
	Data   map[string]Dataset
	// Weights gives a state tensor by name. Without it the features are the images themselves.
	Weights          func(name string) *ort.Tensor
	Engine           Engine             // makes the features in the place of the graph "extract"; nil: none
	Threads, Workers int                // as in train.Options
	Step             map[string]float64 // metrics of the last training step; nil after training
	OnBad            func(loader.Bad)   // as in Extractor; the share that is borne is that of the plan's loader
	// Look, if not nil, is called with what a kNN measurement has to show.
	Look func(context.Context, Look)

	features map[string]*Features
}

// Close frees what was extracted.
func (s *Subject) Close() {
	for _, f := range s.features {
		f.Close()
	}
	s.features = nil
}

// Session prepares a graph of the plan, with the subject's weights where it has any.
func (s *Subject) Session(graph string) (*ort.Session, error) { return s.SessionOf(graph, s.Threads) }

// SessionOf is Session with so many threads inside an operator.
func (s *Subject) SessionOf(graph string, threads int) (*ort.Session, error) {
	model, ok := s.Models[graph]
	if !ok {
		return nil, fmt.Errorf("the plan has no graph %q: compile it again", graph)
	}
	o := ort.SessionOptions{Threads: threads, Provider: s.Plan.Target.Device, DisableMemPattern: true, Initializers: map[string]*ort.Tensor{}}
	for _, name := range s.Plan.Graphs[graph].Weights {
		if s.Weights == nil {
			return nil, fmt.Errorf("the graph %q needs weights, and raw pixels have none", graph)
		}
		o.Initializers[name] = s.Weights(name)
	}
	return ort.NewSession(model, o)
}

func (s *Subject) extractor() Extractor {
	return Extractor{Workers: s.Workers, Seed: s.Plan.Seed, MaxBadFraction: s.Plan.Loader.MaxBadFraction, OnBad: s.OnBad}
}

func (s *Subject) dataset(name string) (Dataset, error) {
	d, ok := s.Data[name]
	if !ok {
		return d, fmt.Errorf("there is no dataset %q", name)
	}
	return d, nil
}

// Labelled are the features of a dataset whose images all have labels; of at most max images, evenly spread, when max is not 0.
func (s *Subject) Labelled(ctx context.Context, name string, max int) (*Features, error) {
	f, err := s.Features(ctx, name, max)
	if err != nil {
		return nil, err
	}
	for i, l := range f.Labels {
		if l < 0 {
			d := Every(s.Data[name].Samples, max)
			return nil, fmt.Errorf("dataset %q: %s has no label; a probe needs the classes of all images", name, d.Name(i))
		}
	}
	return f, nil
}

// Stream extracts all images of a dataset under its first view and shows the features batch by batch; nothing is kept. An image that cannot be read has NaN for features and no label, and OnBad
// is told of it before its batch is shown.
func (s *Subject) Stream(ctx context.Context, name string, visit func(Rows) error) error {
	d, err := s.dataset(name)
	if err != nil {
		return err
	}
	x := s.extractor()
	x.MaxBadFraction = 1
	unreadable := map[int]bool{}
	x.OnBad = func(b loader.Bad) {
		unreadable[b.Index] = true
		if s.OnBad != nil {
			s.OnBad(b)
		}
	}
	view, done, err := s.encode(&x, d.Spec.Views[0])
	if err != nil {
		return err
	}
	defer done()
	err = x.Stream(ctx, d.Samples, d.Channels, view, func(r Rows) error {
		per := len(r.Data) / len(r.Labels)
		for i := range r.Labels {
			if unreadable[r.First+i] { // not those of the image that took its place
				r.Labels[i] = -1
				for j := range per {
					r.Data[i*per+j] = float32(math.NaN())
				}
			}
		}
		return visit(r)
	})
	if err != nil {
		return fmt.Errorf("dataset %q: %w", name, err)
	}
	return nil
}

// encode lets the extractor compute what the encoder does, and tells under which view and what to call when that is done.
func (s *Subject) encode(x *Extractor, view plan.View) (plan.View, func(), error) {
	if s.Engine != nil {
		x.Engine = s.Engine
		return asGiven(view), func() {}, nil
	}
	session, err := s.Session("extract")
	if err != nil {
		return view, nil, err
	}
	x.Session = session
	return view, func() { session.Close() }, nil
}

// Features extracts a dataset under its one view, or returns what was extracted before. They belong to the subject.
func (s *Subject) Features(ctx context.Context, name string, max int) (*Features, error) {
	key := fmt.Sprintf("%s %d", name, max)
	if f := s.features[key]; f != nil {
		return f, nil
	}
	d, err := s.dataset(name)
	if err != nil {
		return nil, err
	}
	x := s.extractor()
	view := asGiven(d.Spec.Views[0])
	if s.Weights != nil {
		var done func()
		if view, done, err = s.encode(&x, d.Spec.Views[0]); err != nil {
			return nil, err
		}
		defer done()
	}
	f, err := x.Extract(ctx, Every(d.Samples, max), d.Channels, view)
	if err != nil {
		return nil, fmt.Errorf("dataset %q: %w", name, err)
	}
	if s.features == nil {
		s.features = map[string]*Features{}
	}
	s.features[key] = f
	return f, nil
}

// FeaturesBy extracts a dataset under its first view by a graph of the plan. They belong to the caller.
func (s *Subject) FeaturesBy(ctx context.Context, graph, name string) (*Features, error) {
	d, err := s.dataset(name)
	if err != nil {
		return nil, err
	}
	x := s.extractor()
	if x.Session, err = s.Session(graph); err != nil {
		return nil, err
	}
	defer x.Session.Close()
	f, err := x.Extract(ctx, d.Samples, d.Channels, d.Spec.Views[0])
	if err != nil {
		return nil, fmt.Errorf("dataset %q: %w", name, err)
	}
	return f, nil
}

// Pixels are at most max images of a dataset, evenly spread, under its first view as 8-bit values before normalisation: [image, channel, height, width].
func (s *Subject) Pixels(ctx context.Context, name string, max int) ([]uint8, []int, error) {
	d, err := s.dataset(name)
	if err != nil {
		return nil, nil, err
	}
	x := s.extractor()
	x.OnBad = nil // whoever extracted the features was told
	view := asGiven(d.Spec.Views[0])
	f, err := x.Extract(ctx, Every(d.Samples, max), d.Channels, view)
	if err != nil {
		return nil, nil, fmt.Errorf("dataset %q: %w", name, err)
	}
	defer f.Close()
	out := make([]uint8, f.Rows*f.Dim)
	for i, v := range f.Data.Float32() {
		out[i] = uint8(v*255 + 0.5)
	}
	return out, []int{f.Rows, view.Image.Channels, view.Image.Height, view.Image.Width}, nil
}

// asGiven is the view without its normalisation: raw pixels are the images' own values in [0,1].
func asGiven(v plan.View) plan.View {
	v.Transforms = slices.DeleteFunc(slices.Clone(v.Transforms), func(c plan.Component) bool { return c.Type == "normalize" })
	v.Image.Normalized = false
	return v
}
