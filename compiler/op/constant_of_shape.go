package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ConstantOfShape is a tensor of the static shape s filled with x.
func ConstantOfShape(g *ir.Graph, d ir.DType, s ir.Shape, x float64) *ir.Value {
	y := ir.Apply1(constantOfShape{ir.Floats(d, []int{1}, x)}, ConstInts(g, s.Sizes()...))
	if y.Valid() {
		y.Shape = s.Clone()
	}
	return y
}

// zerosLike is a zero for every element of x.
func zerosLike(x *ir.Value) *ir.Value {
	if !x.Shape.Static() {
		return Mul(x, Scalar(x, 0))
	}
	return ConstantOfShape(x.Graph(), x.DType, x.Shape, 0)
}

type constantOfShape struct {
	Value *ir.Tensor `attr:"value,omitempty"`
}

var _ = register(constantOfShape{})

func (constantOfShape) Name() string { return "ConstantOfShape" }

func (constantOfShape) Doc() ir.Doc {
	return ir.Doc{Text: "A tensor of the given shape filled with one number, the float32 0 when none is given.", Samples: []ir.Sample{
		{Label: "zeros", Op: constantOfShape{}, In: []ir.Arg{{Value: ir.Ints(2, 3)}}},
		{Label: "value", Op: constantOfShape{ir.Floats(ir.Float32, []int{1}, 2.5)}, In: []ir.Arg{{Value: ir.Ints(3, 1)}}},
		{Label: "scalar", Op: constantOfShape{}, In: []ir.Arg{{Value: ir.Ints()}}},
	}}
}

// fill is the element that is repeated, with its type.
func (c constantOfShape) fill() *ir.Tensor {
	if c.Value == nil {
		return ir.Floats(ir.Float32, []int{1}, 0)
	}
	return c.Value
}

func (c constantOfShape) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	dims, err := constInts(in, 0, "the shape")
	if err != nil {
		return nil, err
	}
	for _, n := range dims {
		if n < 0 {
			return nil, fmt.Errorf("shape %v has a negative axis", dims)
		}
	}
	if n := len(c.fill().Data); n != 1 {
		return nil, fmt.Errorf("the value must have one element, not %d", n)
	}
	return []ir.Type{{DType: c.fill().DType, Shape: ir.Dims(dims...)}}, nil
}

func (constantOfShape) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (c constantOfShape) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := ir.NewTensor(c.fill().DType, in[0].Int()...)
	for i := range y.Data {
		y.Data[i] = c.fill().Data[0]
	}
	return []*ir.Tensor{y}
}
