package plan

import (
	"fmt"
	"path/filepath"
	"slices"
)

// check tests what a damaged or hostile file could break: everything by which the runtime divides, indexes, loops or allocates.
func (p *Plan) check() error {
	for _, part := range []func() error{p.checkLoop, p.checkScalars, p.checkData, p.checkGraphs, p.checkState, p.checkFields, p.checkStages} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) checkLoop() error {
	for _, n := range []struct {
		name  string
		value int
	}{
		{"batch_size", p.Loader.BatchSize}, {"prefetch", p.Loader.Prefetch}, {"epochs", p.Train.Epochs}, {"accumulate", p.Train.Accumulate},
		{"log_every", p.Train.LogEvery}, {"max_bad_steps", p.Train.MaxBad}, {"checkpoint.epochs", p.Train.Checkpoint.Epochs}, {"checkpoint.keep", p.Train.Checkpoint.Keep},
	} {
		if n.value < 1 {
			return fmt.Errorf("%s is %d, but it must be positive", n.name, n.value)
		}
	}
	if p.Loader.Workers < 0 || p.Train.Checkpoint.Steps < 0 {
		return fmt.Errorf("workers and checkpoint.steps cannot be negative")
	}
	if !(p.Train.Checkpoint.Minutes > 0) {
		return fmt.Errorf("checkpoint.minutes is %g, but it must be positive", p.Train.Checkpoint.Minutes)
	}
	if p.Loader.Last != LastWrap && p.Loader.Last != LastDrop {
		return fmt.Errorf("last is %q; it must be %q or %q", p.Loader.Last, LastWrap, LastDrop)
	}
	return nil
}

func (p *Plan) checkScalars() error {
	if len(p.Scalars) < 2 || p.Scalars[0].Name != "gate" || p.Scalars[1].Name != "apply" {
		return fmt.Errorf("the first scalars must be gate and apply")
	}
	for _, s := range p.Scalars {
		if !slices.Contains(curveKinds, s.Curve.Kind) {
			return fmt.Errorf("scalar %q has a curve of the unknown kind %q", s.Name, s.Curve.Kind)
		}
		if w := s.Curve.Warmup; w != nil && (!slices.Contains(warmupKinds, w.Kind) || w.Length < 0) {
			return fmt.Errorf("scalar %q has an impossible warm-up, %q over %d", s.Name, w.Kind, w.Length)
		}
	}
	for i, g := range p.Groups {
		if !slices.ContainsFunc(p.Scalars, func(s Scalar) bool { return s.Name == g.LR }) {
			return fmt.Errorf("group %d takes its learning rate from the scalar %q, which is not there", i, g.LR)
		}
		if g.Decay != "" && !slices.ContainsFunc(p.Scalars, func(s Scalar) bool { return s.Name == g.Decay }) {
			return fmt.Errorf("group %d takes its weight decay from the scalar %q, which is not there", i, g.Decay)
		}
	}
	for _, name := range []string{"loss", "ok"} {
		if !slices.Contains(p.Metrics, name) {
			return fmt.Errorf("the metrics lack %q", name)
		}
	}
	return nil
}

func (p *Plan) checkData() error {
	if p.Dataset("train") == nil {
		return fmt.Errorf("there is no dataset train")
	}
	seen := map[string]bool{}
	for _, d := range p.Datasets {
		if seen[d.Name] {
			return fmt.Errorf("dataset %q is there twice", d.Name)
		}
		seen[d.Name] = true
		for i, v := range d.Views {
			if err := checkDims(fmt.Sprintf("%s, view %d", d.Name, i), []int{p.Loader.BatchSize, v.Image.Channels, v.Image.Height, v.Image.Width}, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Plan) checkGraphs() error {
	for name, g := range p.Graphs {
		if !filepath.IsLocal(g.File) || filepath.Base(g.File) != g.File {
			return fmt.Errorf("graph %s: the file %q is outside the plan", name, g.File)
		}
		for _, t := range slices.Concat(g.Inputs, g.Outputs) {
			if err := checkDims(t.Name, t.Dims, -1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Plan) checkState() error {
	dims := map[string][]int{}
	for _, s := range p.State {
		if dims[s.Name] != nil {
			return fmt.Errorf("state %q is there twice", s.Name)
		}
		dims[s.Name] = append([]int{}, s.Dims...)
		if err := checkDims(s.Name, s.Dims, 0); err != nil {
			return err
		}
		if s.Group < -1 || s.Group >= len(p.Groups) {
			return fmt.Errorf("state %q: there is no group %d", s.Name, s.Group)
		}
	}
	for _, s := range p.State {
		if err := s.Init.check(s, dims); err != nil {
			return fmt.Errorf("state %q: %w", s.Name, err)
		}
	}
	return nil
}

// check tests the initial values of s; dims are the sizes of all state tensors.
func (in Init) check(s State, dims map[string][]int) error {
	switch in.Kind {
	case "constant", "uniform", "normal":
		return nil
	case "trunc_normal": // draws are repeated until one lies between the cuts
		if in.Std < 0 || in.Lo > in.Mean+3*in.Std || in.Hi < in.Mean-3*in.Std || in.Hi-in.Lo < in.Std/1000 {
			return fmt.Errorf("a normal distribution of mean %g and deviation %g hardly has values from %g to %g", in.Mean, in.Std, in.Lo, in.Hi)
		}
		return nil
	case "copy":
		if of, ok := dims[in.Of]; !ok || !slices.Equal(of, s.Dims) || in.Of == s.Name {
			return fmt.Errorf("it cannot start as a copy of %q", in.Of)
		}
		return nil
	}
	return fmt.Errorf("there is no initialiser %q", in.Kind)
}

func (p *Plan) checkFields() error {
	views := p.Dataset("train").Views
	for _, f := range p.Fields {
		if err := checkDims(f.Name, f.Dims, 0); err != nil {
			return err
		}
		want := Field{DType: "f32", Dims: f.Dims}
		switch f.Kind {
		case "view":
			if f.View < 0 || f.View >= len(views) {
				return fmt.Errorf("field %q shows view %d of %d", f.Name, f.View, len(views))
			}
			m := views[f.View].Image
			want.Dims = []int{p.Loader.BatchSize, m.Channels, m.Height, m.Width}
		case "idx", "label", "pseudo_label":
			want = Field{DType: "i64", Dims: []int{p.Loader.BatchSize}}
		case "permutation":
			want = Field{DType: "i64", Dims: []int{p.Loader.BatchSize}}
		case "draw":
			if f.Below < 1 {
				return fmt.Errorf("field %q has draws below %d", f.Name, f.Below)
			}
			want.DType = "i64"
		case "noise":
		default:
			return fmt.Errorf("field %q has the unknown kind %q", f.Name, f.Kind)
		}
		if f.DType != want.DType || !slices.Equal(f.Dims, want.Dims) {
			return fmt.Errorf("field %q is %s%v, want %s%v", f.Name, f.DType, f.Dims, want.DType, want.Dims)
		}
	}
	return nil
}

// maxElems bounds one tensor: 2^36 elements are 256 GiB of float32.
const maxElems = 1 << 36

func checkDims(name string, dims []int, least int) error {
	n := 1
	for _, d := range dims {
		if d < least || d > 0 && n > maxElems/d {
			return fmt.Errorf("tensor %q has the impossible shape %v", name, dims)
		}
		n *= max(d, 1)
	}
	return nil
}
