package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Where is a where cond is true, else b, with broadcasting.
func Where(cond, a, b *ir.Value) *ir.Value { return ir.Apply1(where{}, cond, a, b) }

type where struct{}

var _ = register(where{})

func (where) Name() string { return "Where" }

func (where) Doc() ir.Doc {
	sample := func(label string, c, a, b []int) ir.Sample {
		return ir.Sample{Label: label, Op: where{}, In: []ir.Arg{{Dims: c, DType: ir.Bool}, {Dims: a}, {Dims: b}}}
	}
	return ir.Doc{Text: "a where cond is true, else b, element by element, with broadcasting of all three. A value that is not chosen has no " +
		"influence, NaN included, and gets a gradient of 0.",
		Samples: []ir.Sample{
			sample("equal", []int{3, 4}, []int{3, 4}, []int{3, 4}),
			sample("scalar", []int{3, 4}, []int{3, 4}, []int{}),
			sample("gate", []int{}, []int{2, 3}, []int{2, 3}),
			sample("all", []int{3, 1, 1}, []int{1, 4, 1}, []int{2}),
		}}
}

func (where) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if in[0].DType != ir.Bool {
		return nil, fmt.Errorf("the condition must be a bool, got %s", in[0].Type)
	}
	if err := sameDType(false, in[1:]...); err != nil {
		return nil, err
	}
	s, err := ir.BroadcastShapes(in[0].Shape, in[1].Shape, in[2].Shape)
	return []ir.Type{{DType: in[1].DType, Shape: s}}, err
}

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (where) Elementwise() {}

func (where) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	c, zero := n.In[0], Scalar(dy[0], 0)
	return []*ir.Value{nil, Where(c, dy[0], zero), Where(c, zero, dy[0])}
}

func (where) Eval(in []*ir.Tensor) []*ir.Tensor {
	c, a, b := in[0], in[1], in[2]
	s, err := ir.BroadcastShapes(ir.Dims(c.Dims...), ir.Dims(a.Dims...), ir.Dims(b.Dims...))
	if err != nil {
		panic("op: " + err.Error())
	}
	y := ir.NewTensor(a.DType, s.Sizes()...)
	sc, sa, sb := broadcastStrides(c.Dims, y.Dims), broadcastStrides(a.Dims, y.Dims), broadcastStrides(b.Dims, y.Dims)
	idx := make([]int, len(y.Dims))
	for i := range y.Data {
		if c.Data[offset(idx, sc)] != 0 {
			y.Data[i] = a.Data[offset(idx, sa)]
		} else {
			y.Data[i] = b.Data[offset(idx, sb)]
		}
		next(idx, y.Dims)
	}
	return []*ir.Tensor{y}
}
