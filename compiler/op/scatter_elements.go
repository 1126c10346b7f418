package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ScatterOptions are the attributes of ScatterElements. Reduction is none (also when empty), add, mul, max or min.
type ScatterOptions struct {
	Axis      int
	Reduction string
}

// ScatterElements is a copy of x in which single elements along an axis are replaced by, or joined with, updates: the element at
// (…, indices[…, i, …], …) with the update at (…, i, …). Where indices repeat, "none" leaves open which update stays.
func ScatterElements(x, indices, updates *ir.Value, o ScatterOptions) *ir.Value {
	if o.Reduction == "" {
		o.Reduction = "none"
	}
	return ir.Apply1(scatterElements(o), x, indices, updates)
}

type scatterElements struct {
	Axis      int    `attr:"axis"`
	Reduction string `attr:"reduction"`
}

var _ = register(scatterElements{0, "none"})

func (scatterElements) Name() string { return "ScatterElements" }

func (scatterElements) Doc() ir.Doc {
	once := ir.Arg{Value: ir.Floats(ir.Int64, []int{2, 3}, 0, 2, 1, 2, 0, -1)}
	with := func(label string, o scatterElements, x []int, idx ir.Arg, why string) ir.Sample {
		return ir.Sample{Label: label, Op: o, In: []ir.Arg{{Dims: x, Distinct: true}, idx, {Dims: idx.Value.Dims, Distinct: true}}, NoGrad: why}
	}
	return ir.Doc{Text: "A copy of the first input in which elements picked along an axis are replaced by, or joined with, updates. Differentiable for reductions none and add.", Samples: []ir.Sample{
		with("replace", scatterElements{0, "none"}, []int{3, 3}, once, ""),
		with("add", scatterElements{1, "add"}, []int{2, 4}, ir.Arg{Value: ir.Floats(ir.Int64, []int{2, 3}, 1, 1, 0, 3, -1, 2)}, ""),
		with("thin", scatterElements{-1, "add"}, []int{1, 4}, ir.Arg{Value: ir.Floats(ir.Int64, []int{1, 2}, 3, 3)}, ""),
		with("max", scatterElements{0, "max"}, []int{3, 3}, once, "max is not differentiated"),
	}}
}

func (o scatterElements) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if err := sameDType(false, in[0], in[2]); err != nil {
		return nil, err
	}
	if _, err := reducer(o.Reduction); err != nil {
		return nil, err
	}
	if !in[1].Shape.Equal(in[2].Shape) {
		return nil, fmt.Errorf("indices %s and updates %s must have one shape", in[1].Shape, in[2].Shape)
	}
	return []ir.Type{in[0].Type}, elementIndices(in[0].Shape, in[1], o.Axis)
}

func (o scatterElements) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	idx, d := n.In[1], dy[0]
	switch o.Reduction {
	case "add":
		return []*ir.Value{d, nil, GatherElements(d, idx, o.Axis)}
	case "none":
		return []*ir.Value{ScatterElements(d, idx, zerosLike(n.In[2]), ScatterOptions{Axis: o.Axis}), nil, GatherElements(d, idx, o.Axis)}
	}
	return nil
}

func (o scatterElements) Eval(in []*ir.Tensor) []*ir.Tensor {
	join, err := reducer(o.Reduction)
	if err != nil {
		panic("op: " + err.Error())
	}
	y := in[0].Clone()
	eachElement(y.Dims, in[1], o.Axis, func(i, to int) { y.Data[to] = join(y.Data[to], in[2].Data[i]) })
	return []*ir.Tensor{y}
}
