package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ScatterND is a copy of x in which the slices that indices name are replaced by (reduction "" or "none") or joined with (add, mul, max, min) updates.
// Where indices repeat, "none" leaves open which update stays.
//
// Shapes: x any; indices [places…, k], int64: each row addresses a slice by the first k axes; updates [places…, rest of x…]; result as x.
func ScatterND(x, indices, updates *ir.Value, reduction string) *ir.Value {
	if reduction == "" {
		reduction = "none"
	}
	return ir.Apply1(scatterND{reduction}, x, indices, updates)
}

type scatterND struct {
	Reduction string `attr:"reduction"`
}

var _ = register(scatterND{"none"})

func (scatterND) Name() string { return "ScatterND" }

func (scatterND) Doc() ir.Doc {
	rows := ir.Arg{Value: ir.Floats(ir.Int64, []int{2, 1}, 2, 0)}
	twice := ir.Arg{Value: ir.Floats(ir.Int64, []int{3, 2}, 1, 0, 0, 1, 1, 0)}
	return ir.Doc{Text: "A copy of the first input in which slices named by index tuples are replaced by, or joined with, updates. Differentiable for reductions none and add.", Samples: []ir.Sample{
		{Label: "replace", Op: scatterND{"none"}, In: []ir.Arg{{Dims: []int{3, 4}}, rows, {Dims: []int{2, 4}}}},
		{Label: "add", Op: scatterND{"add"}, In: []ir.Arg{{Dims: []int{2, 2, 1}}, twice, {Dims: []int{3, 1}}}},
		{Label: "max", Op: scatterND{"max"}, In: []ir.Arg{{Dims: []int{2, 2}, Distinct: true}, twice, {Dims: []int{3}, Distinct: true}}, NoGrad: "max is not differentiated"},
	}}
}

func (o scatterND) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if err := sameDType(false, in[0], in[2]); err != nil {
		return nil, err
	}
	if _, err := reducer(o.Reduction); err != nil {
		return nil, err
	}
	x, idx, u := in[0].Shape, in[1].Shape, in[2].Shape
	if in[1].DType != ir.Int64 {
		return nil, fmt.Errorf("indices must be i64, got %s", in[1].Type)
	}
	want, err := tupleShape(x, idx, 0)
	if err != nil {
		return nil, err
	}
	if !u.Equal(want) {
		return nil, fmt.Errorf("indices %s into %s need updates of %s, got %s", idx, x, want, u)
	}
	return []ir.Type{in[0].Type}, nil
}

// tupleShape is the shape of the slices of x that tuples address, after the first batch axes, which x and idx share.
func tupleShape(x, idx ir.Shape, batch int) (ir.Shape, error) {
	if len(idx) <= batch || len(x) <= batch || !idx[len(idx)-1].Static() {
		return nil, fmt.Errorf("input %s and indices %s must have more than %d axes, the last of the indices known", x, idx, batch)
	}
	k := idx[len(idx)-1].Size
	if k < 1 || batch+k > len(x) {
		return nil, fmt.Errorf("indices %s address %d axes of input %s after %d batch axes; between 1 and %d would fit", idx, k, x, batch, len(x)-batch)
	}
	return append(idx[:len(idx)-1].Clone(), x[batch+k:]...), nil
}

// reducer is the function that joins an old with a new element.
func reducer(name string) (func(old, upd float64) float64, error) {
	switch name {
	case "none":
		return func(_, u float64) float64 { return u }, nil
	case "add":
		return func(x, u float64) float64 { return x + u }, nil
	case "mul":
		return func(x, u float64) float64 { return x * u }, nil
	case "max":
		return func(x, u float64) float64 { return max(x, u) }, nil
	case "min":
		return func(x, u float64) float64 { return min(x, u) }, nil
	}
	return nil, fmt.Errorf("reduction %q is none of none, add, mul, max, min", name)
}

func (o scatterND) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, idx, u, d := n.In[0], n.In[1], n.In[2], dy[0]
	switch o.Reduction {
	case "add":
		return []*ir.Value{d, nil, GatherND(d, idx, 0)}
	case "none":
		return []*ir.Value{ScatterND(d, idx, ConstantOfShape(x.Graph(), x.DType, u.Shape, 0), ""), nil, GatherND(d, idx, 0)}
	}
	return nil
}

func (o scatterND) Eval(in []*ir.Tensor) []*ir.Tensor {
	join, err := reducer(o.Reduction)
	if err != nil {
		panic("op: " + err.Error())
	}
	y, u := in[0].Clone(), in[2].Data
	starts, size := tuples(in[0].Dims, in[1], 0)
	for i, first := range starts {
		for j := 0; j < size; j++ {
			y.Data[first+j] = join(y.Data[first+j], u[i*size+j])
		}
	}
	return []*ir.Tensor{y}
}

// tuples gives the offsets of the slices that index tuples address in a tensor of dims, and the size of a slice.
func tuples(dims []int, idx *ir.Tensor, batch int) (starts []int, size int) {
	k := idx.Dims[len(idx.Dims)-1]
	strides := ir.Strides(dims)
	lists := idx.Int()
	perBatch := ir.Dims(idx.Dims[batch : len(idx.Dims)-1]...).Elems()
	block := ir.Dims(dims[batch:]...).Elems()
	for i := 0; i < len(lists)/k; i++ {
		off := i / perBatch * block
		for j, p := range lists[i*k : (i+1)*k] {
			n := dims[batch+j]
			off += (p + n) % n * strides[batch+j]
		}
		starts = append(starts, off)
	}
	return starts, ir.Dims(dims[batch+k:]...).Elems()
}
