package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Unsqueeze inserts axes of size 1 at the given places of the result.
func Unsqueeze(x *ir.Value, axes ...int) *ir.Value {
	return ir.Apply1(unsqueeze{}, x, ConstInts(x.Graph(), axes...))
}

type unsqueeze struct{}

var _ = register(unsqueeze{})

func (unsqueeze) Name() string { return "Unsqueeze" }

func (unsqueeze) Doc() ir.Doc {
	return ir.Doc{Text: "Insert axes of size 1; axes count in the result.", Samples: []ir.Sample{
		{Label: "front", Op: unsqueeze{}, In: []ir.Arg{{Dims: []int{3, 2}}, {Value: ir.Ints(0)}}},
		{Label: "ends", Op: unsqueeze{}, In: []ir.Arg{{Dims: []int{3, 1}}, {Value: ir.Ints(0, -1)}}},
	}}
}

func (unsqueeze) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	axes, err := constInts(in, 1, "the list of axes")
	if err != nil {
		return nil, err
	}
	s, err := unsqueezeShape(in[0].Shape, axes)
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

func unsqueezeShape(s ir.Shape, axes []int) (ir.Shape, error) {
	axes, err := normAxes(axes, len(s)+len(axes))
	if err != nil {
		return nil, fmt.Errorf("unsqueezing %s: %w", s, err)
	}
	out := s.Clone()
	for _, a := range axes {
		out = append(out[:a], append(ir.Shape{{Size: 1}}, out[a:]...)...)
	}
	return out, nil
}

func (unsqueeze) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Reshape(dy[0], n.In[0].Shape), nil}
}

func (unsqueeze) Eval(in []*ir.Tensor) []*ir.Tensor {
	s, err := unsqueezeShape(ir.Dims(in[0].Dims...), in[1].Int())
	if err != nil {
		panic("op: " + err.Error())
	}
	return []*ir.Tensor{{DType: in[0].DType, Dims: s.Sizes(), Data: in[0].Data}}
}
