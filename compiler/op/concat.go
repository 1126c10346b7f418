package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Concat joins the values along an axis, in order; their other axes must be equal. A single value is returned as it is.
func Concat(axis int, xs ...*ir.Value) *ir.Value {
	if len(xs) == 1 {
		return xs[0]
	}
	return ir.Apply1(concat{axis}, xs...)
}

type concat struct {
	Axis int `attr:"axis"`
}

var _ = register(concat{})

func (concat) Name() string { return "Concat" }

// AlongBatch says whether values are joined along the first axis.
func (c concat) AlongBatch() bool { return c.Axis == 0 }

func (concat) Doc() ir.Doc {
	return ir.Doc{Text: "Join values along an axis, in order.", Samples: []ir.Sample{
		{Label: "rows", Op: concat{0}, In: []ir.Arg{{Dims: []int{2, 3}}, {Dims: []int{1, 3}}, {Dims: []int{4, 3}}}},
		{Label: "last", Op: concat{-1}, In: []ir.Arg{{Dims: []int{2, 1, 3}}, {Dims: []int{2, 1, 2}}}},
	}}
}

func (c concat) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, max(len(in), 1), max(len(in), 1)); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	out := in[0].Shape.Clone()
	axis, err := normAxis(c.Axis, len(out))
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", out, err)
	}
	for i, v := range in[1:] {
		if len(v.Shape) != len(out) {
			return nil, fmt.Errorf("inputs 0 and %d are %s and %s: they need equally many axes", i+1, in[0].Shape, v.Shape)
		}
		for j, d := range v.Shape {
			switch {
			case j != axis && !d.Equal(out[j]):
				return nil, fmt.Errorf("inputs 0 and %d are %s and %s: they join along axis %d, so axis %d must be %s in both",
					i+1, in[0].Shape, v.Shape, axis, j, out[j])
			case j == axis && (!d.Static() || !out[j].Static()):
				return nil, fmt.Errorf("inputs 0 and %d are %s and %s: axis %d, along which they join, must be known", i+1, in[0].Shape, v.Shape, axis)
			case j == axis:
				out[j].Size += d.Size
			case out[j].Name == "":
				out[j].Name = d.Name
			}
		}
	}
	return []ir.Type{{DType: in[0].DType, Shape: out}}, nil
}

func (c concat) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	axis, _ := normAxis(c.Axis, len(n.In[0].Shape))
	sizes := make([]int, len(n.In))
	for i, v := range n.In {
		sizes[i] = v.Shape[axis].Size
	}
	return Split(dy[0], axis, sizes...)
}

func (c concat) Eval(in []*ir.Tensor) []*ir.Tensor {
	axis, err := normAxis(c.Axis, len(in[0].Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	dims := append([]int{}, in[0].Dims...)
	dims[axis] = 0
	for _, t := range in {
		dims[axis] += t.Dims[axis]
	}
	y := ir.NewTensor(in[0].DType, dims...)
	inner := ir.Dims(dims[axis+1:]...).Elems()
	pos := 0
	for o := 0; o < ir.Dims(dims[:axis]...).Elems(); o++ {
		for _, t := range in {
			n := t.Dims[axis] * inner
			pos += copy(y.Data[pos:], t.Data[o*n:(o+1)*n])
		}
	}
	return []*ir.Tensor{y}
}
