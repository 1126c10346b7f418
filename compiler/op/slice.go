package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// SliceOptions say what to keep: along Axes[i] (all leading axes in order when Axes is empty) every Steps[i]-th element (1 when Steps is empty)
// from Starts[i] up to, without, Ends[i]. Negative places count from the end, places outside are clamped, and a negative step walks backwards
// (an end before the first element is then any number below minus the size).
type SliceOptions struct {
	Starts, Ends, Axes, Steps []int
}

// Slice cuts a regular part out of x.
func Slice(x *ir.Value, o SliceOptions) *ir.Value {
	g := x.Graph()
	in := []*ir.Value{x, ConstInts(g, o.Starts...), ConstInts(g, o.Ends...), nil, nil}
	if len(o.Axes) > 0 {
		in[3] = ConstInts(g, o.Axes...)
	}
	if len(o.Steps) > 0 {
		in[4] = ConstInts(g, o.Steps...)
	}
	for in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	return ir.Apply1(slice{}, in...)
}

// Flip reverses x along the axes. Shapes: x to the same.
func Flip(x *ir.Value, axes ...int) *ir.Value {
	n := len(axes)
	o := SliceOptions{Starts: filled(n, -1), Ends: make([]int, n), Axes: axes, Steps: filled(n, -1)}
	for i, a := range axes {
		o.Ends[i] = -x.Shape[a].Size - 1
	}
	return Slice(x, o)
}

type slice struct{}

var _ = register(slice{})

func (slice) Name() string { return "Slice" }

func (slice) Doc() ir.Doc {
	with := func(label string, x []int, v ...[]int) ir.Sample {
		s := ir.Sample{Label: label, Op: slice{}, In: []ir.Arg{{Dims: x}}}
		for _, list := range v {
			a := ir.Arg{}
			if list != nil {
				a.Value = ir.Ints(list...)
			}
			s.In = append(s.In, a)
		}
		return s
	}
	return ir.Doc{Text: "A regular part of a value: start, end (exclusive) and step along each given axis; negative places count from the end.", Samples: []ir.Sample{
		with("rows", []int{5, 3}, []int{1}, []int{3}),
		with("axes", []int{4, 3, 5}, []int{1, -2}, []int{100, 4}, []int{0, 2}),
		with("steps", []int{7, 1, 5}, []int{1, 0}, []int{7, 4}, []int{0, -1}, []int{3, 2}),
		with("backwards", []int{4, 6}, []int{-1, 5}, []int{-100, 0}, nil, []int{-1, -2}),
	}}
}

// cut is a resolved slice of one axis: n elements from start at every step.
type cut struct{ start, step, n int }

// cuts resolves the constant inputs against a shape, one cut for each axis.
func (slice) cuts(s ir.Shape, starts, ends, axes, steps []int) ([]cut, error) {
	if axes == nil {
		for i := range starts {
			axes = append(axes, i)
		}
	}
	if steps == nil {
		steps = filled(len(starts), 1)
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) {
		return nil, fmt.Errorf("starts %v, ends %v, axes %v and steps %v must be equally long", starts, ends, axes, steps)
	}
	out := make([]cut, len(s))
	for i, d := range s {
		out[i] = cut{0, 1, d.Size}
	}
	for i, a := range axes {
		a, err := normAxis(a, len(s))
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", s, err)
		}
		if !s[a].Static() {
			return nil, fmt.Errorf("input %s: axis %d must be known to be sliced", s, a)
		}
		if steps[i] == 0 {
			return nil, fmt.Errorf("steps %v: a step of 0", steps)
		}
		out[a] = newCut(starts[i], ends[i], steps[i], s[a].Size)
	}
	return out, nil
}

// newCut resolves negative places and clamps, as numpy does.
func newCut(start, end, step, n int) cut {
	if start < 0 {
		start += n
	}
	if end < 0 {
		end += n
	}
	if step > 0 {
		start, end = min(max(start, 0), n), min(max(end, 0), n)
		return cut{start, step, max((end-start+step-1)/step, 0)}
	}
	start, end = min(max(start, -1), n-1), min(max(end, -1), n-1)
	return cut{start, step, max((start-end-step-1)/-step, 0)}
}

func (o slice) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 5); err != nil {
		return nil, err
	}
	cuts, err := o.ofInputs(in)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	for i, c := range cuts {
		s[i].Size = c.n
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

func (o slice) ofInputs(in []*ir.Value) ([]cut, error) {
	var lists [4][]int
	for i, what := range []string{"the list of starts", "the list of ends", "the list of axes", "the list of steps"} {
		list, err := constInts(in, i+1, what)
		if err != nil {
			return nil, err
		}
		lists[i] = list
	}
	return o.cuts(in[0].Shape, lists[0], lists[1], lists[2], lists[3])
}

// Grad puts the gradient back where the slice was taken from: reversed for a negative step, spread out for a step beyond 1, then padded.
func (o slice) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	cuts, _ := o.ofInputs(n.In)
	d, x := dy[0], n.In[0].Shape
	begin, end := make([]int, len(x)), make([]int, len(x))
	for i, c := range cuts {
		if c.n == 0 {
			return []*ir.Value{zerosLike(n.In[0]), nil, nil, nil, nil}[:len(n.In)]
		}
		if c.step < 0 {
			d, c = Flip(d, i), cut{c.start + (c.n-1)*c.step, -c.step, c.n}
		}
		if c.step > 1 && c.n > 1 {
			d = spread(d, i, c.step)
		}
		if x[i].Static() {
			begin[i], end[i] = c.start, x[i].Size-c.start-d.Shape[i].Size
		}
	}
	dx := make([]*ir.Value, len(n.In))
	dx[0] = padZeros(d, begin, end)
	return dx
}

// spread puts step-1 zeros between the elements of x along an axis: its size n becomes (n-1)·step + 1.
func spread(x *ir.Value, axis, step int) *ir.Value {
	s := x.Shape
	wide := append(s[:axis+1].Clone(), append(ir.Shape{{Size: 1}}, s[axis+1:]...)...)
	pads := make([]int, 2*len(wide))
	pads[len(wide)+axis+1] = step - 1
	y := Pad(Reshape(x, wide), pads, PadOptions{})
	joined := s.Clone()
	joined[axis].Size *= step
	y = Reshape(y, joined)
	return Slice(y, SliceOptions{Starts: []int{0}, Ends: []int{(s[axis].Size-1)*step + 1}, Axes: []int{axis}})
}

func (o slice) Eval(in []*ir.Tensor) []*ir.Tensor {
	var lists [4][]int
	for i := range lists {
		if t := at(in, i+1); t != nil {
			lists[i] = t.Int()
		}
	}
	cuts, err := o.cuts(ir.Dims(in[0].Dims...), lists[0], lists[1], lists[2], lists[3])
	if err != nil {
		panic("op: " + err.Error())
	}
	own, first := ir.Strides(in[0].Dims), 0
	dims, strides := make([]int, len(cuts)), make([]int, len(cuts))
	for i, c := range cuts {
		dims[i], strides[i] = c.n, own[i]*c.step
		first += c.start * own[i]
	}
	return []*ir.Tensor{gatherStrided(in[0], dims, strides, first)}
}
