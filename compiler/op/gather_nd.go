package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// GatherND picks the slices of x that index tuples name; the first batch axes are shared by x and indices.
//
// Shapes: indices [batch…, places…, k], int64; result [batch…, places…, rest of x…].
func GatherND(x, indices *ir.Value, batch int) *ir.Value {
	return ir.Apply1(gatherND{batch}, x, indices)
}

type gatherND struct {
	Batch int `attr:"batch_dims"`
}

var _ = register(gatherND{})

func (gatherND) Name() string { return "GatherND" }

func (gatherND) Doc() ir.Doc {
	return ir.Doc{Text: "Slices of the first input named by index tuples.", Samples: []ir.Sample{
		{Label: "elements", Op: gatherND{}, In: []ir.Arg{{Dims: []int{3, 2}}, {Dims: []int{4, 2}, DType: ir.Int64, Lo: -2, Hi: 2}}},
		{Label: "slices", Op: gatherND{}, In: []ir.Arg{{Dims: []int{3, 1, 2}}, {Dims: []int{2, 2, 1}, DType: ir.Int64, Lo: 0, Hi: 3}}},
		{Label: "batch", Op: gatherND{1}, In: []ir.Arg{{Dims: []int{2, 3, 4}}, {Dims: []int{2, 2, 1}, DType: ir.Int64, Lo: 0, Hi: 3}}},
	}}
}

func (o gatherND) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	x, idx := in[0].Shape, in[1].Shape
	if in[1].DType != ir.Int64 {
		return nil, fmt.Errorf("indices must be i64, got %s", in[1].Type)
	}
	s, err := tupleShape(x, idx, o.Batch)
	if err != nil {
		return nil, err
	}
	if o.Batch < 0 || !x[:o.Batch].Equal(idx[:o.Batch]) {
		return nil, fmt.Errorf("input %s and indices %s must agree in the first %d axes", x, idx, o.Batch)
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

func (o gatherND) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, idx, d := n.In[0], n.In[1], dy[0]
	if !x.Shape.Static() || !idx.Shape.Static() {
		return nil
	}
	zeros := zerosLike(x)
	if o.Batch == 0 {
		return []*ir.Value{ScatterND(zeros, idx, d, "add"), nil}
	}
	// The batch coordinates, which the indices leave out, are put before each tuple.
	dims := idx.Shape[:len(idx.Shape)-1].Sizes()
	lead := ir.NewTensor(ir.Int64, append(dims, o.Batch)...)
	at := make([]int, len(dims))
	for i := 0; i < len(lead.Data); i += o.Batch {
		for j := 0; j < o.Batch; j++ {
			lead.Data[i+j] = float64(at[j])
		}
		next(at, dims)
	}
	full := Concat(-1, Const(x.Graph(), lead), idx)
	return []*ir.Value{ScatterND(zeros, full, d, "add"), nil}
}

func (o gatherND) Eval(in []*ir.Tensor) []*ir.Tensor {
	x := in[0]
	s, err := tupleShape(ir.Dims(x.Dims...), ir.Dims(in[1].Dims...), o.Batch)
	if err != nil {
		panic("op: " + err.Error())
	}
	y := ir.NewTensor(x.DType, s.Sizes()...)
	starts, size := tuples(x.Dims, in[1], o.Batch)
	for i, first := range starts {
		copy(y.Data[i*size:(i+1)*size], x.Data[first:first+size])
	}
	return []*ir.Tensor{y}
}
