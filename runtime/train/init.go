package train

import (
	"fmt"
	"hash/fnv"
	"math"

	"ssc/compiler/plan"
	"ssc/runtime/pretrained"
)

// begin gives the state what a new run starts with: its initial values, and over them the weights that the pipeline names.
func (r *run) begin(s *state) error {
	if err := s.reset(r.plan.Seed); err != nil || r.plan.Train.InitFrom == nil {
		return err
	}
	l, err := pretrained.Load(*r.plan.Train.InitFrom, r.plan.State, func(name string) []float32 { return s.now[name].Float32() })
	if err != nil {
		return Refused{err}
	}
	r.Report.Note("%s", l)
	return nil
}

// initialise fills a state tensor at the beginning or, when a stage lets it start anew, after a step. The draws are keyed by the tensor's name, so that adding a layer does not change the others.
func initialise(seed uint64, step int, s plan.State, dst []float32, of func(name string) []float32) error {
	h := fnv.New64a()
	h.Write([]byte(s.Name))
	r := plan.NewRand(seed, plan.UseInit, h.Sum64(), uint64(step), 0)
	switch in := s.Init; in.Kind {
	case "constant":
		for i := range dst {
			dst[i] = float32(in.Value)
		}
	case "uniform":
		for i := range dst {
			dst[i] = float32(r.Uniform(in.Lo, in.Hi))
		}
	case "normal":
		for i := range dst {
			dst[i] = float32(in.Mean + in.Std*r.Normal())
		}
	case "trunc_normal":
		for i := range dst {
			x := math.Inf(1)
			for x < in.Lo || x > in.Hi {
				x = in.Mean + in.Std*r.Normal()
			}
			dst[i] = float32(x)
		}
	case "copy":
		src := of(in.Of)
		if len(src) != len(dst) {
			return fmt.Errorf("state %q starts as a copy of %q, which has another size", s.Name, in.Of)
		}
		copy(dst, src)
	default:
		return fmt.Errorf("state %q has the unknown initialiser %q", s.Name, in.Kind)
	}
	if s.Init.Unit && len(s.Dims) > 0 && s.Dims[0] > 0 {
		unitRows(dst, s.Dims[0])
	}
	return nil
}

// unitRows divides each of n rows by its Euclidean norm; a row of zeros stays.
func unitRows(x []float32, n int) {
	size := len(x) / n
	for i := range n {
		row := x[i*size : (i+1)*size]
		squares := 0.0
		for _, v := range row {
			squares += float64(float64(v) * float64(v)) // the conversion forbids a fused multiply-add: every machine starts alike
		}
		if squares == 0 {
			continue
		}
		norm := math.Sqrt(squares)
		for j, v := range row {
			row[j] = float32(float64(v) / norm)
		}
	}
}
