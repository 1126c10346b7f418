package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Reshape gives x the shape to, which may have one symbolic axis: it takes what is left.
func Reshape(x *ir.Value, to ir.Shape) *ir.Value {
	y := ir.Apply1(reshape{}, x, ConstInts(x.Graph(), to.Sizes()...))
	if y.Valid() && y.Shape.Equal(to) {
		y.Shape = to.Clone() // keeps the names of the axes
	}
	return y
}

type reshape struct {
	AllowZero bool `attr:"allowzero,omitempty"`
}

var _ = register(reshape{})

func (reshape) Name() string { return "Reshape" }

func (reshape) Doc() ir.Doc {
	return ir.Doc{Text: "The same elements under another shape. 0 copies the input's axis, -1 takes what is left.", Samples: []ir.Sample{
		{Label: "flatten", Op: reshape{}, In: []ir.Arg{{Dims: []int{2, 3, 4}}, {Value: ir.Ints(2, 12)}}},
		{Label: "rest", Op: reshape{}, In: []ir.Arg{{Dims: []int{2, 3, 4}}, {Value: ir.Ints(0, -1, 2)}}},
		{Label: "thin", Op: reshape{}, In: []ir.Arg{{Dims: []int{4, 1}}, {Value: ir.Ints(1, 4, 1)}}},
	}}
}

func (r reshape) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	to, err := constInts(in, 1, "the shape")
	if err != nil {
		return nil, err
	}
	s, err := reshapeShape(in[0].Shape, to, r.AllowZero)
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

// reshapeShape resolves 0 and -1. At most one axis of the input may be symbolic, and it must end in the -1 or be copied by a 0.
func reshapeShape(s ir.Shape, to []int, allowZero bool) (ir.Shape, error) {
	out, rest := make(ir.Shape, len(to)), -1
	left := s.Clone() // axes of s not yet accounted for by a copied symbol
	have := 1
	for i, n := range to {
		switch {
		case n == -1 && rest >= 0:
			return nil, fmt.Errorf("shape %v has two axes of -1", to)
		case n == -1:
			rest = i
		case n == 0 && !allowZero:
			if i >= len(s) {
				return nil, fmt.Errorf("shape %v copies axis %d, but the input is %s", to, i, s)
			}
			out[i] = s[i]
			if !s[i].Static() {
				left[i].Size = 1
				continue
			}
			have *= s[i].Size
		case n < 0:
			return nil, fmt.Errorf("shape %v has a negative axis", to)
		default:
			out[i].Size = n
			have *= n
		}
	}
	total, symbol := 1, ""
	for _, d := range left {
		if d.Static() {
			total *= d.Size
		} else if symbol != "" {
			return nil, fmt.Errorf("%s has two symbolic axes and cannot be reshaped to %v", s, to)
		} else {
			symbol = d.Name
		}
	}
	switch {
	case rest < 0 && symbol == "" && total == have:
		return out, nil
	case rest >= 0 && symbol != "" && total == have:
		out[rest] = ir.Dim{Name: symbol, Size: -1}
		return out, nil
	case rest >= 0 && symbol == "" && have > 0 && total%have == 0:
		out[rest].Size = total / have
		return out, nil
	}
	return nil, fmt.Errorf("%s cannot be reshaped to %v: the number of elements differs", s, to)
}

func (reshape) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Reshape(dy[0], n.In[0].Shape), nil}
}

func (r reshape) Eval(in []*ir.Tensor) []*ir.Tensor {
	s, err := reshapeShape(ir.Dims(in[0].Dims...), in[1].Int(), r.AllowZero)
	if err != nil {
		panic("op: " + err.Error())
	}
	return []*ir.Tensor{{DType: in[0].DType, Dims: s.Sizes(), Data: in[0].Data}}
}
