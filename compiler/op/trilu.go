package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Trilu keeps the upper or the lower triangle of each matrix of x, its last two axes, and sets the rest to 0. The diagonal that bounds the triangle, and
// belongs to it, is k places above the main one.
func Trilu(x *ir.Value, upper bool, k int) *ir.Value {
	return ir.Apply1(trilu{upper}, x, Const(x.Graph(), ir.ScalarTensor(ir.Int64, float64(k))))
}

type trilu struct {
	Upper bool `attr:"upper"`
}

var _ = register(trilu{true})

func (trilu) Name() string { return "Trilu" }

func (trilu) Doc() ir.Doc {
	k := func(n float64) ir.Arg { return ir.Arg{Value: ir.ScalarTensor(ir.Int64, n)} }
	return ir.Doc{Text: "The upper or lower triangle of matrices, up to the k-th diagonal; 0 elsewhere.", Samples: []ir.Sample{
		{Label: "upper", Op: trilu{true}, In: []ir.Arg{{Dims: []int{3, 4}}, k(1)}},
		{Label: "lower", Op: trilu{false}, In: []ir.Arg{{Dims: []int{2, 4, 3}}, k(-1)}},
		{Label: "thin", Op: trilu{false}, In: []ir.Arg{{Dims: []int{1, 3}}}},
	}}
}

func (o trilu) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 2); err != nil {
		return nil, err
	}
	if len(in[0].Shape) < 2 {
		return nil, fmt.Errorf("input %s must hold matrices", in[0].Shape)
	}
	if k := at(in, 1); k != nil && k.DType != ir.Int64 {
		return nil, fmt.Errorf("the diagonal must be an i64, got %s", k.Type)
	}
	return []ir.Type{in[0].Type}, nil
}

func (o trilu) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ir.Apply1(o, append([]*ir.Value{dy[0]}, n.In[1:]...)...), nil}[:len(n.In)]
}

func (o trilu) Eval(in []*ir.Tensor) []*ir.Tensor {
	y, k := in[0].Clone(), 0
	if t := at(in, 1); t != nil {
		k = t.Int()[0]
	}
	rows, cols := y.Dims[len(y.Dims)-2], y.Dims[len(y.Dims)-1]
	for i := range y.Data {
		above := i%cols - i/cols%rows - k // how far above the bounding diagonal
		if o.Upper && above < 0 || !o.Upper && above > 0 {
			y.Data[i] = 0
		}
	}
	return []*ir.Tensor{y}
}
