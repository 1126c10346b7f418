package tensorrt

import (
	"context"
	"fmt"
	"math"

	"ssc/runtime/ort"
)

// Percentile is the share of an activation's magnitudes that 8 bits tell apart; larger ones are cut off. It is one of the three kinds of calibration that Wu et al. (2004.09602, section 5) compare: the maximum
// is moved by a single pixel, entropy does not say what it cuts off, and a percentile does.
const Percentile = 0.9999

// bins of a histogram, as there.
const bins = 2048

// Calibrate finds the range of each output of a model from images in [0,255], [image, channel, height, width]: two passes, one for the largest magnitudes and one for the histograms.
func Calibrate(ctx context.Context, model []byte, threads int, pixels []uint8, dims []int) (map[string]float64, error) {
	s, err := ort.NewSession(model, ort.SessionOptions{Threads: threads, DisableMemPattern: true})
	if err != nil {
		return nil, fmt.Errorf("calibrating: %w", err)
	}
	defer s.Close()
	c := &calibration{session: s, out: map[string]*ort.Tensor{}, most: map[string]float64{}, counts: map[string]*[bins]int{}}
	defer c.close()
	if err := c.bind(dims); err != nil {
		return nil, fmt.Errorf("calibrating: %w", err)
	}
	for _, see := range []func(string, []float32){c.largest, c.count} {
		if err := c.pass(ctx, pixels, see); err != nil {
			return nil, fmt.Errorf("calibrating: %w", err)
		}
	}
	out := map[string]float64{}
	for name := range c.out {
		if most := c.most[name]; math.IsNaN(most) || math.IsInf(most, 0) {
			return nil, fmt.Errorf("calibrating: %s is not finite", name)
		}
		out[name] = percentile(c.counts[name], c.most[name], Percentile)
	}
	return out, nil
}

// calibration runs one image after the other: of all activations of a network memory has room for few.
type calibration struct {
	session *ort.Session
	in      *ort.Tensor
	out     map[string]*ort.Tensor
	binding *ort.Binding
	most    map[string]float64
	counts  map[string]*[bins]int
}

func (c *calibration) bind(dims []int) (err error) {
	input := c.session.Inputs()[0]
	if c.in, err = ort.NewTensor("f32", append([]int{1}, dims[1:]...)); err != nil {
		return err
	}
	for _, p := range c.session.Outputs() {
		shape := append([]int{1}, p.Dims[1:]...)
		if c.out[p.Name], err = ort.NewTensor(p.DType, shape); err != nil {
			delete(c.out, p.Name)
			return err
		}
		c.counts[p.Name] = new([bins]int)
	}
	c.binding, err = c.session.Bind(map[string]*ort.Tensor{input.Name: c.in}, c.out)
	return err
}

func (c *calibration) pass(ctx context.Context, pixels []uint8, see func(string, []float32)) error {
	x := c.in.Float32()
	for from := 0; from < len(pixels); from += len(x) {
		for i := range x {
			x[i] = float32(pixels[from+i]) / 255
		}
		if err := c.binding.Run(ctx); err != nil {
			return err
		}
		for name, t := range c.out {
			see(name, t.Float32())
		}
	}
	return nil
}

func (c *calibration) largest(name string, x []float32) {
	m := c.most[name]
	for _, v := range x {
		m = max(m, math.Abs(float64(v))) // NaN stays
	}
	c.most[name] = m
}

func (c *calibration) count(name string, x []float32) {
	h, most := c.counts[name], c.most[name]
	if most == 0 || math.IsNaN(most) || math.IsInf(most, 0) {
		return
	}
	for _, v := range x {
		h[min(int(math.Abs(float64(v))/most*bins), bins-1)]++
	}
}

// percentile is the upper end of the bin in which the share p of all counts is reached.
func percentile(h *[bins]int, most, p float64) float64 {
	total := 0
	for _, n := range h {
		total += n
	}
	sum := 0
	for i, n := range h {
		if sum += n; float64(sum) >= p*float64(total) && total > 0 {
			return most * float64(i+1) / bins
		}
	}
	return most
}

func (c *calibration) close() {
	if c.binding != nil {
		c.binding.Close()
	}
	for _, t := range c.out {
		t.Close()
	}
	if c.in != nil {
		c.in.Close()
	}
}
