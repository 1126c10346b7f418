package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// GatherElements picks single elements of x along an axis: the result has indices' shape, and its element at (…, i, …) is x's at (…, indices[…, i, …], …).
func GatherElements(x, indices *ir.Value, axis int) *ir.Value {
	return ir.Apply1(gatherElements{axis}, x, indices)
}

type gatherElements struct {
	Axis int `attr:"axis"`
}

var _ = register(gatherElements{})

func (gatherElements) Name() string { return "GatherElements" }

func (gatherElements) Doc() ir.Doc {
	return ir.Doc{Text: "Elements of the first input picked along an axis by the integers of the second, whose shape the result has; negative integers count from the end.", Samples: []ir.Sample{
		{Label: "rows", Op: gatherElements{0}, In: []ir.Arg{{Dims: []int{3, 4}}, {Dims: []int{5, 4}, DType: ir.Int64, Lo: -3, Hi: 3}}},
		{Label: "last", Op: gatherElements{-1}, In: []ir.Arg{{Dims: []int{2, 1, 4}}, {Dims: []int{2, 1, 2}, DType: ir.Int64, Lo: 0, Hi: 4}}},
	}}
}

func (o gatherElements) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	err := elementIndices(in[0].Shape, in[1], o.Axis)
	return []ir.Type{{DType: in[0].DType, Shape: in[1].Shape}}, err
}

// elementIndices checks that indices name elements of x along an axis.
func elementIndices(x ir.Shape, indices *ir.Value, axis int) error {
	if err := integers(indices); err != nil {
		return err
	}
	axis, err := normAxis(axis, len(x))
	if err != nil {
		return fmt.Errorf("input %s: %w", x, err)
	}
	if len(indices.Shape) != len(x) {
		return fmt.Errorf("indices %s need as many axes as input %s", indices.Shape, x)
	}
	for i, d := range indices.Shape {
		if i != axis && !d.Equal(x[i]) && (!d.Static() || !x[i].Static() || d.Size > x[i].Size) {
			return fmt.Errorf("indices %s reach beyond input %s: axis %d must be at most %s", indices.Shape, x, i, x[i])
		}
	}
	return nil
}

func (o gatherElements) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ScatterElements(zerosLike(n.In[0]), n.In[1], dy[0], ScatterOptions{Axis: o.Axis, Reduction: "add"}), nil}
}

func (o gatherElements) Eval(in []*ir.Tensor) []*ir.Tensor {
	x := in[0]
	y := ir.NewTensor(x.DType, in[1].Dims...)
	eachElement(x.Dims, in[1], o.Axis, func(i, from int) { y.Data[i] = x.Data[from] })
	return []*ir.Tensor{y}
}

// eachElement calls f with every flat position in indices and the offset of the element of a tensor of dims that it names.
func eachElement(dims []int, indices *ir.Tensor, axis int, f func(i, element int)) {
	axis, err := normAxis(axis, len(dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	strides, n := ir.Strides(dims), dims[axis]
	idx := make([]int, len(dims))
	for i, k := range indices.Int() {
		f(i, offset(idx, strides)+((k+n)%n-idx[axis])*strides[axis])
		next(idx, indices.Dims)
	}
}
