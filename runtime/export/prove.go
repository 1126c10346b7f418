package export

import (
	"context"
	"fmt"
	"math"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
	"ssc/runtime/probe"
	"ssc/runtime/train"
)

// Check is a set of images on which an exported model must agree with the network.
type Check struct {
	Dataset string // an open dataset of the network; empty for random pixels
	Images  int
}

// Agreement is what a check found.
type Agreement struct {
	Images  string  `json:"images"` // "random", or the dataset's name
	Count   int     `json:"count"`
	Largest float64 `json:"largest_difference"` // of two features, absolute
	Scale   float64 `json:"largest_feature"`    // magnitude
}

// Bound is the largest difference, as a share of the largest feature, that rounding may make: float32 keeps 2⁻²⁴, and the sums of a deep network, taken in another order, lose some hundred of
// these. A wrong weight, mean or deviation makes differences of the order of 1.
const Bound = 1e-4

// Holds reports whether the difference is one of rounding.
func (a Agreement) Holds() bool { return a.Largest <= Bound*a.Scale && a.Scale > 0 }

func (a Agreement) String() string {
	return fmt.Sprintf("largest difference %.2g of features up to %.3g, on %d images (%s)", a.Largest, a.Scale, a.Count, a.Images)
}

// proofBatch is the number of images at once, and the sizes of its batches differ: 1, then so many.
const proofBatch = 16

// prove executes the exported model and the graph that the weights were trained for. The graph gets its weights from the checkpoint and images that are prepared here; nothing of it is
// rewritten.
func (m *Model) prove(ctx context.Context, n *train.Network, folder string, checks []Check) ([]Agreement, error) {
	exported, err := m.session(n, folder)
	if err != nil {
		return nil, err
	}
	defer exported.Close()
	reference, err := referenceSession(n)
	if err != nil {
		return nil, err
	}
	defer reference.Close()
	var out []Agreement
	for _, c := range checks {
		a := Agreement{Images: c.Dataset, Count: c.Images}
		if c.Dataset == "" {
			a.Images = "random"
		}
		images, dims, err := c.pixels(ctx, n)
		if err != nil {
			return out, err
		}
		per := dims[1] * dims[2] * dims[3]
		a.Count = dims[0]
		for from, size := 0, 1; from < dims[0]; from, size = from+size, proofBatch {
			size = min(size, dims[0]-from)
			if err := m.compare(ctx, exported, reference, images[from*per:(from+size)*per], []int{size, dims[1], dims[2], dims[3]}, &a); err != nil {
				return out, err
			}
		}
		if out = append(out, a); !a.Holds() {
			return out, fmt.Errorf("the exported model does not compute what the run does: %s, beyond the bound of %g of the largest feature", a, Bound)
		}
	}
	return out, nil
}

func referenceSession(n *train.Network) (*ort.Session, error) {
	o := ort.SessionOptions{Threads: n.Threads, Provider: n.Plan.Target.Device, DisableMemPattern: true, OptLevel: ort.OptOff, Initializers: map[string]*ort.Tensor{}}
	for _, name := range n.Plan.Graphs["extract"].Weights {
		o.Initializers[name] = n.Tensor(name)
	}
	return ort.NewSession(n.Models["extract"], o)
}

// pixels are 8-bit images, [image, channel, height, width].
func (c Check) pixels(ctx context.Context, n *train.Network) ([]uint8, []int, error) {
	if c.Dataset != "" {
		return n.Pixels(ctx, c.Dataset, c.Images)
	}
	dims := append([]int{c.Images}, n.Plan.Graphs["extract"].Inputs[0].Dims[1:]...)
	size := 1
	for _, d := range dims {
		size *= d
	}
	out := make([]uint8, size)
	r := plan.NewRand(n.Plan.Seed, plan.UseExport, 0, 0, 0)
	for i := range out {
		out[i] = uint8(r.IntN(256))
	}
	return out, dims, nil
}

// compare runs both on a batch.
func (m *Model) compare(ctx context.Context, exported, reference *ort.Session, pixels []uint8, dims []int, a *Agreement) error {
	want, err := run(ctx, reference, dims, func(in *ort.Tensor) { m.prepare(in.Float32(), pixels, dims) })
	if err != nil {
		return err
	}
	got, err := run(ctx, exported, dims, func(in *ort.Tensor) {
		if m.Preparation.Bytes {
			copy(in.Uint8(), pixels)
			return
		}
		for i, v := range pixels {
			in.Float32()[i] = float32(v) / 255
		}
	})
	if err != nil {
		return err
	}
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		a.Largest, a.Scale = max(a.Largest, d), max(a.Scale, math.Abs(float64(w)))
	}
	return nil
}

// prepare normalises images as transform normalize does.
func (m *Model) prepare(dst []float32, pixels []uint8, dims []int) {
	for i, v := range pixels {
		x := float32(v) / 255
		if len(m.Mean) > 0 {
			c := i / (dims[2] * dims[3]) % dims[1]
			x = (x - float32(m.Mean[c%len(m.Mean)])) / float32(m.Std[c%len(m.Std)])
		}
		dst[i] = x
	}
}

// run fills the one input of a session and returns its features.
func run(ctx context.Context, s *ort.Session, dims []int, fill func(*ort.Tensor)) ([]float32, error) {
	x := probe.Extractor{Session: s}
	shape, err := x.Dims(plan.ImageType{})
	if err != nil {
		return nil, err
	}
	got, err := probe.Apply(ctx, s, dims, fill, map[string][]int{"features": append([]int{dims[0]}, shape...)})
	return got["features"], err
}
