package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Squeeze drops the given axes, which must have size 1; without axes, every axis of size 1.
func Squeeze(x *ir.Value, axes ...int) *ir.Value {
	return ir.Apply1(squeeze{}, x, axesInput(x, axes))
}

type squeeze struct{}

var _ = register(squeeze{})

func (squeeze) Name() string { return "Squeeze" }

func (squeeze) Doc() ir.Doc {
	return ir.Doc{Text: "Drop axes of size 1: the given ones, or all.", Samples: []ir.Sample{
		{Label: "one", Op: squeeze{}, In: []ir.Arg{{Dims: []int{1, 3, 1}}, {Value: ir.Ints(0)}}},
		{Label: "two", Op: squeeze{}, In: []ir.Arg{{Dims: []int{1, 3, 1, 2}}, {Value: ir.Ints(-2, 0)}}},
		{Label: "all", Op: squeeze{}, In: []ir.Arg{{Dims: []int{1, 3, 1, 2}}, {}}},
	}}
}

func (squeeze) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 2); err != nil {
		return nil, err
	}
	axes, err := constInts(in, 1, "the list of axes")
	if err != nil {
		return nil, err
	}
	s, err := squeezeShape(in[0].Shape, axes)
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

func squeezeShape(s ir.Shape, axes []int) (ir.Shape, error) {
	if axes == nil {
		for i, d := range s {
			if d.Size == 1 {
				axes = append(axes, i)
			}
		}
	}
	axes, err := normAxes(axes, len(s))
	if err != nil {
		return nil, fmt.Errorf("squeezing %s: %w", s, err)
	}
	for _, a := range axes {
		if s[a].Size != 1 {
			return nil, fmt.Errorf("squeezing %s: axis %d has size %s, not 1", s, a, s[a])
		}
	}
	if len(axes) == 0 {
		return s, nil
	}
	return reduceShape(s, axes, false), nil
}

func (squeeze) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Reshape(dy[0], n.In[0].Shape), nil}[:len(n.In)]
}

func (squeeze) Eval(in []*ir.Tensor) []*ir.Tensor {
	var axes []int
	if t := at(in, 1); t != nil {
		axes = t.Int()
	}
	s, err := squeezeShape(ir.Dims(in[0].Dims...), axes)
	if err != nil {
		panic("op: " + err.Error())
	}
	return []*ir.Tensor{{DType: in[0].DType, Dims: s.Sizes(), Data: in[0].Data}}
}
