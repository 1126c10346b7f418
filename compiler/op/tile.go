package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Tile repeats x as a whole repeats[i] times along axis i.
func Tile(x *ir.Value, repeats ...int) *ir.Value {
	return ir.Apply1(tile{}, x, ConstInts(x.Graph(), repeats...))
}

type tile struct{}

var _ = register(tile{})

func (tile) Name() string { return "Tile" }

func (tile) Doc() ir.Doc {
	return ir.Doc{Text: "Repeat a value as a whole along each axis.", Samples: []ir.Sample{
		{Label: "matrix", Op: tile{}, In: []ir.Arg{{Dims: []int{2, 3}}, {Value: ir.Ints(2, 3)}}},
		{Label: "thin", Op: tile{}, In: []ir.Arg{{Dims: []int{1, 3, 2}}, {Value: ir.Ints(4, 1, 2)}}},
	}}
}

func (tile) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	repeats, err := constInts(in, 1, "the list of repeats")
	if err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if len(repeats) != len(s) {
		return nil, fmt.Errorf("input %s needs %d repeats, one for each axis, not %v", s, len(s), repeats)
	}
	for i, r := range repeats {
		switch {
		case r < 0:
			return nil, fmt.Errorf("repeats %v has a negative number", repeats)
		case r != 1 && !s[i].Static():
			return nil, fmt.Errorf("input %s: axis %d must be known to be repeated", s, i)
		case r != 1:
			s[i].Size *= r
		}
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

// Grad adds up the copies: every axis is seen as [repeats, size].
func (tile) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	repeats, _ := constInts(n.In, 1, "")
	x := n.In[0].Shape
	wide, axes := ir.Shape{}, []int{}
	for i, r := range repeats {
		if r != 1 {
			axes = append(axes, len(wide))
			wide = append(wide, ir.Dim{Size: r})
		}
		wide = append(wide, x[i])
	}
	if len(axes) == 0 {
		return []*ir.Value{dy[0], nil}
	}
	return []*ir.Value{ReduceSum(Reshape(dy[0], wide), false, axes...), nil}
}

func (tile) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, repeats := in[0], in[1].Int()
	dims := append([]int{}, x.Dims...)
	for i, r := range repeats {
		dims[i] *= r
	}
	y, strides := ir.NewTensor(x.DType, dims...), ir.Strides(x.Dims)
	idx := make([]int, len(dims))
	for i := range y.Data {
		off := 0
		for a, k := range idx {
			off += k % x.Dims[a] * strides[a]
		}
		y.Data[i] = x.Data[off]
		next(idx, dims)
	}
	return []*ir.Tensor{y}
}
