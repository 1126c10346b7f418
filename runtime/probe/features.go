package probe

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/loader"
	"ssc/runtime/ort"
	"ssc/runtime/transform"
)

// Extractor computes features with the plan's extraction graph. With a nil session the features are the images themselves.
type Extractor struct {
	Session *ort.Session
	Batch   int // images at once
	Workers int // of the loader; 0: one per processor
	Seed    uint64
}

// Extract makes the features of all samples under the dataset's one view, in the order of the samples.
func (e *Extractor) Extract(ctx context.Context, samples datasource.Samples, channels int, view plan.View) (f *Features, err error) {
	image := view.Image
	per := image.Channels * image.Height * image.Width
	dim := per
	if e.Session != nil {
		if dim, err = featureDim(e.Session); err != nil {
			return nil, err
		}
	}
	l, err := loader.New(ctx, loader.Sequential(loader.Config{Samples: samples, Channels: channels, Views: []plan.View{view}, Seed: e.Seed,
		BatchSize: e.Batch, Workers: e.Workers}))
	if err != nil {
		return nil, err
	}
	defer l.Close()
	f = &Features{Rows: samples.Len(), Dim: dim, Labels: make([]int64, samples.Len())}
	if f.Data, err = ort.NewTensor("f32", []int{f.Rows, dim}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	for row := 0; ; {
		b, err := l.Next(ctx)
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		copy(f.Labels[row:], b.Label[:b.N])
		err = e.batch(ctx, b.Views[0][:b.N*per], []int{b.N, image.Channels, image.Height, image.Width}, f.Data.Float32()[row*dim:(row+b.N)*dim])
		row += b.N
		b.Release()
		if err != nil {
			return nil, err
		}
	}
}

// batch fills dst with the features of one batch of images.
func (e *Extractor) batch(ctx context.Context, images []float32, dims []int, dst []float32) error {
	if e.Session == nil {
		copy(dst, images)
		return nil
	}
	in, err := ort.NewTensor("f32", dims)
	if err != nil {
		return err
	}
	defer in.Close()
	copy(in.Float32(), images)
	out, err := ort.NewTensor("f32", []int{dims[0], len(dst) / dims[0]})
	if err != nil {
		return err
	}
	defer out.Close()
	b, err := e.Session.Bind(map[string]*ort.Tensor{"images": in}, map[string]*ort.Tensor{"features": out})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return fmt.Errorf("extracting features: %w", err)
	}
	copy(dst, out.Float32())
	return nil
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

func (s spread) Read(i int, m *transform.Image) (int64, error) { return s.Samples.Read(s.at(i), m) }
