package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Split cuts x along an axis into pieces of the given sizes. One size returns x as it is.
func Split(x *ir.Value, axis int, sizes ...int) []*ir.Value {
	if len(sizes) == 1 && x.Valid() && axis < len(x.Shape) && axis >= 0 && x.Shape[axis].Size == sizes[0] {
		return []*ir.Value{x}
	}
	out := ir.Apply(split{Axis: axis}, x, ConstInts(x.Graph(), sizes...))
	for len(out) < len(sizes) { // an invalid split has one output
		out = append(out, out[0])
	}
	return out
}

// SplitEvenly cuts x along an axis into n pieces; the last is smaller where n does not divide the axis.
func SplitEvenly(x *ir.Value, axis, n int) []*ir.Value {
	return ir.Apply(split{Axis: axis, NumOutputs: n}, x)
}

type split struct {
	Axis       int `attr:"axis"`
	NumOutputs int `attr:"num_outputs,omitempty"`
}

var _ = register(split{})

func (split) Name() string { return "Split" }

func (split) Doc() ir.Doc {
	return ir.Doc{Text: "Cut a value along an axis into pieces of given sizes, or into num_outputs pieces of ⌈size/num_outputs⌉, the last with what is left.", Samples: []ir.Sample{
		{Label: "sizes", Op: split{}, In: []ir.Arg{{Dims: []int{5, 2}}, {Value: ir.Ints(2, 3)}}},
		{Label: "thin", Op: split{Axis: -1}, In: []ir.Arg{{Dims: []int{2, 1, 3}}, {Value: ir.Ints(1, 1, 1)}}},
		{Label: "evenly", Op: split{Axis: 1, NumOutputs: 2}, In: []ir.Arg{{Dims: []int{2, 5, 3}}}},
	}}
}

// AlongBatch says whether the first axis is cut.
func (s split) AlongBatch() bool { return s.Axis == 0 }

// MaxOutputs lets an invalid even split be indexed.
func (s split) MaxOutputs() int { return max(s.NumOutputs, 1) }

// sizes resolves the piece sizes along an axis of n.
func (s split) sizes(n int, given []int) ([]int, error) {
	switch {
	case given == nil && s.NumOutputs < 1:
		return nil, fmt.Errorf("needs either the sizes of the pieces or num_outputs")
	case given != nil && s.NumOutputs > 0:
		return nil, fmt.Errorf("takes the sizes of the pieces or num_outputs, not both")
	case given == nil:
		piece := (n + s.NumOutputs - 1) / s.NumOutputs
		for left := n; len(given) < s.NumOutputs; left -= piece {
			given = append(given, max(min(piece, left), 0))
		}
	}
	sum := 0
	for _, k := range given {
		if k < 0 {
			return nil, fmt.Errorf("sizes %v: a size is negative", given)
		}
		sum += k
	}
	if sum != n {
		return nil, fmt.Errorf("sizes %v add up to %d, not to the axis's %d", given, sum, n)
	}
	return given, nil
}

func (s split) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 2); err != nil {
		return nil, err
	}
	given, err := constInts(in, 1, "the list of sizes")
	if err != nil {
		return nil, err
	}
	x := in[0].Shape
	axis, err := normAxis(s.Axis, len(x))
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", x, err)
	}
	if !x[axis].Static() {
		return nil, fmt.Errorf("input %s: axis %d must be known to be split", x, axis)
	}
	sizes, err := s.sizes(x[axis].Size, given)
	if err != nil {
		return nil, fmt.Errorf("splitting axis %d of %s: %w", axis, x, err)
	}
	out := make([]ir.Type, len(sizes))
	for i, n := range sizes {
		piece := x.Clone()
		piece[axis].Size = n
		out[i] = ir.Type{DType: in[0].DType, Shape: piece}
	}
	return out, nil
}

func (s split) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	axis, _ := normAxis(s.Axis, len(n.In[0].Shape))
	pieces := make([]*ir.Value, len(n.Out))
	for i, v := range n.Out {
		if pieces[i] = dy[i]; dy[i] == nil {
			pieces[i] = zerosLike(v)
		}
	}
	dx := []*ir.Value{Concat(axis, pieces...)}
	if len(n.In) > 1 {
		dx = append(dx, nil)
	}
	return dx
}

func (s split) Eval(in []*ir.Tensor) []*ir.Tensor {
	x := in[0]
	var given []int
	if t := at(in, 1); t != nil {
		given = t.Int()
	}
	axis, err := normAxis(s.Axis, len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	sizes, err := s.sizes(x.Dims[axis], given)
	if err != nil {
		panic("op: " + err.Error())
	}
	strides := ir.Strides(x.Dims)
	out, first := make([]*ir.Tensor, len(sizes)), 0
	for i, n := range sizes {
		dims := append([]int{}, x.Dims...)
		dims[axis] = n
		out[i] = gatherStrided(x, dims, strides, first*strides[axis])
		first += n
	}
	return out
}
