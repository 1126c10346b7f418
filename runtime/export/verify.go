package export

import (
	"context"
	"fmt"
	"math"

	"ssc/runtime/ort"
	"ssc/runtime/probe"
	"ssc/runtime/train"
)

// Closeness is how near the features of an engine are to those of the run's own graph, on the CPU in float32 and with no optimisation.
type Closeness struct {
	Images     string  `json:"images"` // "random", or the dataset's name
	Count      int     `json:"count"`
	Cosine     float64 `json:"least_cosine"` // of an image's features
	Mean       float64 `json:"mean_cosine"`
	Neighbours float64 `json:"neighbours"` // share of the images whose nearest other image is the same
}

func (c Closeness) String() string {
	return fmt.Sprintf("least cosine %.6f, mean %.6f, the same nearest neighbour for %.1f %%, on %d images (%s)", c.Cosine, c.Mean, 100*c.Neighbours, c.Count, c.Images)
}

// Tolerance is what an engine may differ by.
type Tolerance struct {
	Cosine     float64 // the least of an image
	Neighbours float64 // the least share
}

// Tolerances by precision: the least cosine that rounding may leave. A wrong weight, mean or layout leaves far less.
var Tolerances = map[string]Tolerance{"fp32": {1 - 1e-5, 0.99}, "fp16": {0.999, 0.95}, "bf16": {0.999, 0.95}, "int8": {0.99, 0.9}}

// near is the difference of two cosines below which two images are equally near.
const near = 1e-3

// Verify compares an engine with the network on images that are prepared here. Errors: a check beyond the tolerance, and those of running.
func Verify(ctx context.Context, n *train.Network, p Preparation, e probe.Engine, checks []Check, t Tolerance) ([]Closeness, error) {
	reference, err := referenceSession(n)
	if err != nil {
		return nil, err
	}
	defer reference.Close()
	var out []Closeness
	for _, c := range checks {
		images, dims, err := c.pixels(ctx, n)
		if err != nil {
			return out, err
		}
		want, got, err := both(ctx, p, reference, e, images, dims)
		if err != nil {
			return out, err
		}
		r := closeness(want, got, dims[0])
		if r.Images = c.Dataset; c.Dataset == "" {
			r.Images = "random"
		}
		out = append(out, r)
		random := c.Dataset == "" // which have no neighbours to speak of
		if !(r.Cosine >= t.Cosine) || !random && r.Neighbours < t.Neighbours {
			return out, fmt.Errorf("the engine does not compute what the run does: %s; a cosine of %g and %g %% are wanted", r, t.Cosine, 100*t.Neighbours)
		}
	}
	return out, nil
}

// both are the features of all images, of the network and of the engine, row-major.
func both(ctx context.Context, p Preparation, reference *ort.Session, e probe.Engine, images []uint8, dims []int) (want, got []float32, err error) {
	m := &Model{Preparation: p}
	per, dim := dims[1]*dims[2]*dims[3], 1
	for _, d := range e.Dims() {
		dim *= d
	}
	step := min(proofBatch, e.Batch())
	x := make([]float32, step*per)
	for from := 0; from < dims[0]; from += step {
		size := min(step, dims[0]-from)
		batch := []int{size, dims[1], dims[2], dims[3]}
		pixels := images[from*per : (from+size)*per]
		rows, err := run(ctx, reference, batch, func(in *ort.Tensor) { m.prepare(in.Float32(), pixels, batch) })
		if err != nil {
			return nil, nil, err
		}
		if len(rows) != size*dim {
			return nil, nil, fmt.Errorf("the engine's features are %v, but those of the run are %d numbers", e.Dims(), len(rows)/size)
		}
		for i, v := range pixels {
			x[i] = float32(v) / 255
		}
		y := make([]float32, size*dim)
		if err := e.Run(ctx, x[:size*per], batch, y); err != nil {
			return nil, nil, err
		}
		want, got = append(want, rows...), append(got, y...)
	}
	return want, got, nil
}

// closeness compares rows; a feature that is not a number has the cosine 0 with any.
func closeness(want, got []float32, rows int) Closeness {
	dim := len(want) / rows
	row := func(x []float32, i int) []float32 { return x[i*dim : (i+1)*dim] }
	c := Closeness{Count: rows, Cosine: 1}
	same := 0
	for i := range rows {
		cos := cosine(row(want, i), row(got, i))
		c.Cosine, c.Mean = min(c.Cosine, cos), c.Mean+cos/float64(rows)
		best, found, at := math.Inf(-1), math.Inf(-1), -1
		for j := range rows {
			if j == i {
				continue
			}
			best = max(best, cosine(row(want, i), row(want, j)))
			if d := cosine(row(got, i), row(got, j)); d > found {
				found, at = d, j
			}
		}
		if at < 0 || cosine(row(want, i), row(want, at)) >= best-near {
			same++
		}
	}
	c.Neighbours = float64(same) / float64(rows)
	return c
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	c := ab / math.Sqrt(aa*bb)
	if aa == 0 && bb == 0 {
		return 1 // both say nothing
	}
	if math.IsNaN(c) {
		return 0
	}
	return c
}
