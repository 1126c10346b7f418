package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Flatten makes a matrix of x: the axes before axis become the rows, the others the columns.
func Flatten(x *ir.Value, axis int) *ir.Value { return ir.Apply1(flatten{axis}, x) }

type flatten struct {
	Axis int `attr:"axis"`
}

var _ = register(flatten{1})

func (flatten) Name() string { return "Flatten" }

func (flatten) Doc() ir.Doc {
	return ir.Doc{Text: "A matrix whose rows run over the axes before axis and whose columns run over the rest.", Samples: []ir.Sample{
		{Label: "features", Op: flatten{1}, In: []ir.Arg{{Dims: []int{2, 3, 2, 2}}}},
		{Label: "rows", Op: flatten{-1}, In: []ir.Arg{{Dims: []int{2, 1, 3}}}},
		{Label: "all", Op: flatten{0}, In: []ir.Arg{{Dims: []int{2, 3}}}},
	}}
}

func (f flatten) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s, err := f.shape(in[0].Shape)
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

func (f flatten) shape(s ir.Shape) (ir.Shape, error) {
	axis := f.Axis
	if axis < 0 {
		axis += len(s)
	}
	if axis < 0 || axis > len(s) {
		return nil, fmt.Errorf("input %s: axis %d is outside rank %d", s, f.Axis, len(s))
	}
	r, err := joinAxes(s[:axis])
	if err != nil {
		return nil, err
	}
	c, err := joinAxes(s[axis:])
	return ir.Shape{r, c}, err
}

// joinAxes is the product of the axes. A symbolic one can only stand beside axes of size 1.
func joinAxes(s ir.Shape) (ir.Dim, error) {
	out := ir.Dim{Size: 1}
	for _, d := range s {
		switch {
		case d.Size == 1:
		case out.Size == 1:
			out = d
		case !d.Static() || !out.Static():
			return out, fmt.Errorf("the axes %s cannot be joined, one of them is symbolic", s)
		default:
			out = ir.Dim{Size: out.Size * d.Size}
		}
	}
	return out, nil
}

func (flatten) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Reshape(dy[0], n.In[0].Shape)}
}

func (f flatten) Eval(in []*ir.Tensor) []*ir.Tensor {
	s, err := f.shape(ir.Dims(in[0].Dims...))
	if err != nil {
		panic("op: " + err.Error())
	}
	return []*ir.Tensor{{DType: in[0].DType, Dims: s.Sizes(), Data: in[0].Data}}
}
