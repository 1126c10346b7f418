package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// TopIndices are the places of the k largest elements of each row, or of the k smallest, in order; of equal elements the first come first. Shapes: x [..., column], float32 or int64; result [..., k], int64.
func TopIndices(x *ir.Value, k int, largest bool) *ir.Value {
	return ir.Apply1(topIndices{K: k, Largest: largest}, x)
}

type topIndices struct {
	K       int  `attr:"k"`
	Largest bool `attr:"largest"`
}

var _ = register(topIndices{K: 1, Largest: true})

func (topIndices) Name() string { return "TopIndices" }

func (topIndices) Doc() ir.Doc {
	return ir.Doc{Text: "The places of the k largest (else the smallest) elements along the last axis, in order; of equal elements the first come first.", Samples: []ir.Sample{
		{Label: "largest", Op: topIndices{2, true}, In: []ir.Arg{{Dims: []int{3, 5}, Distinct: true}}},
		{Label: "smallest", Op: topIndices{3, false}, In: []ir.Arg{{Dims: []int{2, 2, 4}, Distinct: true}}},
		{Label: "all", Op: topIndices{6, false}, In: []ir.Arg{{Dims: []int{2, 6}, Distinct: true}}},
		{Label: "equal", Op: topIndices{7, true}, In: []ir.Arg{{Dims: []int{2, 9}, DType: ir.Int64, Lo: -2, Hi: 2}}},
		{Label: "row", Op: topIndices{1, true}, In: []ir.Arg{{Dims: []int{4}, Distinct: true}}},
		{Label: "none", Op: topIndices{0, true}, In: []ir.Arg{{Dims: []int{2, 3}, Distinct: true}}},
	}}
}

func (f topIndices) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Grad: places do not change with the elements.
func (topIndices) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f topIndices) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f topIndices) Body(in []*ir.Value) []*ir.Value {
	_, indices := op.TopK(in[0], f.K, op.TopKOptions{Axis: -1, Largest: f.Largest, Sorted: true})
	return []*ir.Value{indices}
}

// Scratch is that of the kernel: two lists of the elements of a row, each with its place.
func (topIndices) Scratch(n *ir.Node) Scratch {
	const item = 16
	x := n.In[0].Shape
	columns := x[len(x)-1:].Size()
	if columns == 0 {
		return Scratch{}
	}
	return Scratch{Each: 2 * columns * item, Tasks: x.Size() / columns}
}
