package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// OneHot puts an axis of the given depth at place axis of the result (-1: last): there, values[1] stands at the place that the index names and values[0] elsewhere.
// Negative indices count from the end; an index outside gives values[0] only.
//
// Shapes: indices any, values [2] in the order off, on; result indices' shape with one more axis, values' type.
func OneHot(indices *ir.Value, depth int, values *ir.Value, axis int) *ir.Value {
	return ir.Apply1(oneHot{axis}, indices, ConstInts(indices.Graph(), depth), values)
}

type oneHot struct {
	Axis int `attr:"axis"`
}

var _ = register(oneHot{-1})

func (oneHot) Name() string { return "OneHot" }

func (oneHot) Doc() ir.Doc {
	values := ir.Arg{Dims: []int{2}}
	return ir.Doc{Text: "Indices as vectors with one number at the indexed place and another elsewhere.", Samples: []ir.Sample{
		{Label: "last", Op: oneHot{-1}, In: []ir.Arg{{Dims: []int{2, 3}, DType: ir.Int64, Lo: -4, Hi: 4}, {Value: ir.Ints(4)}, values}},
		{Label: "first", Op: oneHot{0}, In: []ir.Arg{{Dims: []int{3, 1}, DType: ir.Int64, Lo: 0, Hi: 6}, {Value: ir.Ints(5)}, values}},
	}}
}

func (o oneHot) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	depth, err := constInts(in, 1, "the depth")
	if err != nil {
		return nil, err
	}
	idx := in[0].Shape
	axis, err := normAxis(o.Axis, len(idx)+1)
	if err != nil {
		return nil, fmt.Errorf("indices %s: %w", idx, err)
	}
	if len(depth) != 1 || depth[0] < 1 || !in[2].Shape.Equal(ir.Dims(2)) {
		return nil, fmt.Errorf("depth %v must be one positive number and the values %s two", depth, in[2].Shape)
	}
	s := append(idx[:axis].Clone(), append(ir.Shape{{Size: depth[0]}}, idx[axis:]...)...)
	return []ir.Type{{DType: in[2].DType, Shape: s}}, nil
}

func (o oneHot) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	depth, _ := constInts(n.In, 1, "")
	d := dy[0]
	hit := OneHot(n.In[0], depth[0], Const(d.Graph(), ir.Floats(d.DType, []int{2}, 0, 1)), o.Axis)
	one := ir.Dims(1)
	on, all := Reshape(ReduceSum(Mul(d, hit), false), one), Reshape(ReduceSum(d, false), one)
	return []*ir.Value{nil, nil, Concat(0, Sub(all, on), on)}
}

func (o oneHot) Eval(in []*ir.Tensor) []*ir.Tensor {
	idx, depth := in[0], in[1].Int()[0]
	axis, err := normAxis(o.Axis, len(idx.Dims)+1)
	if err != nil {
		panic("op: " + err.Error())
	}
	dims := append(append([]int{}, idx.Dims[:axis]...), append([]int{depth}, idx.Dims[axis:]...)...)
	y := ir.NewTensor(in[2].DType, dims...)
	for i := range y.Data {
		y.Data[i] = in[2].Data[0]
	}
	inner := ir.Dims(idx.Dims[axis:]...).Elems()
	for i, k := range idx.Int() {
		if k < 0 {
			k += depth
		}
		if k >= 0 && k < depth {
			y.Data[(i/inner*depth+k)*inner+i%inner] = in[2].Data[1]
		}
	}
	return []*ir.Tensor{y}
}
