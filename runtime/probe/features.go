package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/ort"
	"ssc/runtime/transform"
)

// Features are the vectors of a dataset: Rows×Dim, row-major, with a label each.
type Features struct {
	Rows, Dim int
	Data      *ort.Tensor // f32[Rows, Dim]
	Labels    []int64     // -1 without a label
	Tags      [][]int8    // of images that may be of several classes, as [datasource.Tagged] has them; else nil
}

// Close frees the vectors.
func (f *Features) Close() { f.Data.Close() }

// Row is the vector of an image.
func (f *Features) Row(i int) []float32 { return f.Data.Float32()[i*f.Dim : (i+1)*f.Dim] }

// sameDim reports features that cannot be compared.
func sameDim(bank, queries *Features) error {
	if bank.Dim != queries.Dim {
		return fmt.Errorf("the bank's features have %d dimensions and the queries' %d", bank.Dim, queries.Dim)
	}
	return nil
}

// Engine computes features of images in another way than by a session.
type Engine interface {
	// Dims are the sizes of the features of an image.
	Dims() []int
	// Batch is the largest number of images at once.
	Batch() int
	// Run computes the features of images in [0,1], which it normalises itself; dims is [batch, channel, height, width].
	Run(ctx context.Context, images []float32, dims []int, features []float32) error
}

// Extractor computes features with a graph from images to features[batch, dim]. With neither session nor engine the features are the images themselves.
type Extractor struct {
	Session *ort.Session
	Engine  Engine // in the session's place
	Batch   int    // images at once; 0: as many as memory is well spent on
	Workers int    // of the loader; 0: one per processor
	Seed    uint64

	// MaxBadFraction is the share of unreadable images, in all of the data, that extraction bears: another image takes the place of each, with its own label, and OnBad, if not nil, is told.
	MaxBadFraction float64
	OnBad          func(loader.Bad)
}

// batchElements bounds the images of a batch: 64 of 3x224x224 pixels.
const batchElements, batchImages = 64 * 3 * 224 * 224, 500

// Extract makes the features of all samples under the view, in the order of the samples.
func (e *Extractor) Extract(ctx context.Context, samples datasource.Samples, channels int, view plan.View) (*Features, error) {
	all, err := e.extract(ctx, samples, channels, []plan.View{view})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// extract makes the features of all samples under each of several views of one size.
func (e *Extractor) extract(ctx context.Context, samples datasource.Samples, channels int, views []plan.View) (all []*Features, err error) {
	defer func() {
		if err != nil {
			for _, f := range all {
				f.Close()
			}
		}
	}()
	image := views[0].Image
	per := image.Channels * image.Height * image.Width
	dim := per
	switch {
	case e.Engine != nil:
		if len(e.Engine.Dims()) != 1 {
			return nil, fmt.Errorf("the engine makes features of %v, not of one axis; probes need export { pool_size } greater than 0", e.Engine.Dims())
		}
		dim = e.Engine.Dims()[0]
	case e.Session != nil:
		if dim, err = featureDim(e.Session); err != nil {
			return nil, err
		}
	}
	labels := make([]int64, samples.Len())
	var tags [][]int8
	if datasource.TagsOf(samples, 0) != nil {
		tags = make([][]int8, samples.Len())
	}
	for range views {
		f := &Features{Rows: samples.Len(), Dim: dim, Labels: labels, Tags: tags}
		if f.Data, err = ort.NewTensor("f32", []int{f.Rows, dim}); err != nil {
			return all, err
		}
		all = append(all, f)
	}
	return all, e.pass(ctx, loader.Config{Samples: samples, Channels: channels, Views: views}, per, func(row int, b *loader.Batch) error {
		copy(labels[row:], b.Label[:b.N])
		for i := range tags[min(row, len(tags)):min(row+b.N, len(tags))] {
			tags[row+i] = datasource.TagsOf(samples, int(b.Idx[i]))
		}
		for v, f := range all {
			x := b.Views[v][:b.N*per]
			if err := e.batch(ctx, x, []int{b.N, image.Channels, image.Height, image.Width}, []int{b.N, dim}, f.Data.Float32()[row*dim:(row+b.N)*dim]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rows are the features of some images in a row.
type Rows struct {
	First  int       // number of the first image in the dataset
	Labels []int64   // -1 without a label
	Dims   []int     // of the features of an image
	Data   []float32 // the features, row-major
}

// Stream makes the features of all samples under the view, as Extract does, and calls visit with those of one batch after the other; the rows are valid during the call. Memory holds one
// batch whatever the size of the dataset. Features may be maps.
func (e *Extractor) Stream(ctx context.Context, samples datasource.Samples, channels int, view plan.View, visit func(Rows) error) error {
	image := view.Image
	dims, err := e.Dims(image)
	if err != nil {
		return err
	}
	var data []float32
	per := image.Channels * image.Height * image.Width
	return e.pass(ctx, loader.Config{Samples: samples, Channels: channels, Views: []plan.View{view}}, per, func(row int, b *loader.Batch) error {
		n := b.N
		for _, d := range dims {
			n *= d
		}
		data = slices.Grow(data[:0], n)[:n]
		if err := e.batch(ctx, b.Views[0][:b.N*per], []int{b.N, image.Channels, image.Height, image.Width}, append([]int{b.N}, dims...), data); err != nil {
			return err
		}
		return visit(Rows{First: row, Labels: b.Label[:b.N], Dims: dims, Data: data})
	})
}

// Dims are the sizes of the features of an image of the type.
func (e *Extractor) Dims(image plan.ImageType) ([]int, error) {
	if e.Engine != nil {
		return e.Engine.Dims(), nil
	}
	if e.Session == nil {
		return []int{image.Channels, image.Height, image.Width}, nil
	}
	for _, p := range e.Session.Outputs() {
		if p.Name == "features" && len(p.Dims) >= 2 && slices.Min(p.Dims[1:]) > 0 {
			return p.Dims[1:], nil
		}
	}
	return nil, errors.New("the extraction graph has no output features of a known size")
}

// pass calls visit with each batch of one pass over the samples, and the row that it begins at.
func (e *Extractor) pass(ctx context.Context, c loader.Config, per int, visit func(row int, b *loader.Batch) error) error {
	c.Seed, c.Workers, c.BatchSize, c.MaxBadFraction, c.OnBad = e.Seed, e.Workers, e.Batch, bearable(e.MaxBadFraction, c.Samples.Len()), e.OnBad
	if c.BatchSize == 0 {
		c.BatchSize = min(batchImages, max(1, batchElements/per))
	}
	if e.Engine != nil {
		c.BatchSize = min(c.BatchSize, e.Engine.Batch())
	}
	l, err := loader.New(ctx, loader.Sequential(c))
	if err != nil {
		return err
	}
	defer l.Close()
	for row := 0; ; {
		b, err := l.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = visit(row, b)
		row += b.N
		b.Release()
		if err != nil {
			return err
		}
	}
}

// bearable is the share of n samples that may be unreadable where it is a fraction of all of them: three deviations (Poisson) above it, for n samples are but a part of them.
func bearable(fraction float64, n int) float64 {
	expected := fraction * float64(n)
	return (expected + 3*math.Sqrt(expected)) / float64(n)
}

// batch fills dst, whose sizes are out, with the features of one batch of images.
func (e *Extractor) batch(ctx context.Context, images []float32, dims, out []int, dst []float32) error {
	if e.Engine != nil {
		if err := e.Engine.Run(ctx, images, dims, dst); err != nil {
			return fmt.Errorf("extracting features: %w", err)
		}
		return nil
	}
	if e.Session == nil {
		copy(dst, images)
		return nil
	}
	got, err := Apply(ctx, e.Session, dims, func(in *ort.Tensor) { copy(in.Float32(), images) }, map[string][]int{"features": out})
	if err != nil {
		return fmt.Errorf("extracting features: %w", err)
	}
	copy(dst, got["features"])
	return nil
}

// Apply runs a graph with one input, which has the sizes dims and is filled by fill, and returns its float32 outputs of the given shapes.
func Apply(ctx context.Context, s *ort.Session, dims []int, fill func(*ort.Tensor), outputs map[string][]int) (map[string][]float32, error) {
	port := s.Inputs()[0]
	in, err := ort.NewTensor(port.DType, dims)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	fill(in)
	out := map[string]*ort.Tensor{}
	defer func() {
		for _, t := range out {
			t.Close()
		}
	}()
	for name, dims := range outputs {
		if out[name], err = ort.NewTensor("f32", dims); err != nil {
			delete(out, name)
			return nil, err
		}
	}
	b, err := s.Bind(map[string]*ort.Tensor{port.Name: in}, out)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return nil, err
	}
	got := map[string][]float32{}
	for name, t := range out {
		got[name] = append([]float32(nil), t.Float32()...)
	}
	return got, nil
}

func featureDim(s *ort.Session) (int, error) {
	for _, p := range s.Outputs() {
		if p.Name == "features" && len(p.Dims) == 2 && p.Dims[1] > 0 {
			return p.Dims[1], nil
		}
	}
	return 0, fmt.Errorf("the extraction graph has no output features[batch, dim]; probes need export { pool_size } greater than 0")
}

// Every is a selection of n samples, evenly spread; all of them when n is 0 or not smaller than their number.
func Every(s datasource.Samples, n int) datasource.Samples {
	if n == 0 || n >= s.Len() {
		return s
	}
	return spread{s, n}
}

type spread struct {
	datasource.Samples
	n int
}

func (s spread) Len() int { return s.n }

func (s spread) at(i int) int { return i * s.Samples.Len() / s.n }

func (s spread) Name(i int) string { return s.Samples.Name(s.at(i)) }

// Tags implements [datasource.Tagged].
func (s spread) Tags(i int) []int8 { return datasource.TagsOf(s.Samples, s.at(i)) }

func (s spread) Read(i int, m *transform.Image) (int64, error) { return s.Samples.Read(s.at(i), m) }
