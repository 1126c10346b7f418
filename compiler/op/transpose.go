package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Transpose reorders the axes: axis i of the result is axis perm[i] of x. No perm reverses them.
func Transpose(x *ir.Value, perm ...int) *ir.Value {
	return ir.Apply1(transpose{Perm: perm}, x)
}

type transpose struct {
	Perm []int `attr:"perm,omitempty"`
}

var _ = register(transpose{})

func (transpose) Name() string { return "Transpose" }

func (transpose) Doc() ir.Doc {
	return ir.Doc{Text: "Reorder the axes; without perm, reverse them.", Samples: []ir.Sample{
		{Label: "reverse", Op: transpose{}, In: []ir.Arg{{Dims: []int{2, 3, 1}}}},
		{Label: "rotate", Op: transpose{[]int{1, 2, 0}}, In: []ir.Arg{{Dims: []int{2, 3, 4}}}},
	}}
}

// order is perm, or the reversed order, checked to be a permutation.
func (t transpose) order(rank int) ([]int, error) {
	perm := t.Perm
	if len(perm) == 0 {
		for i := rank - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	seen := make([]bool, rank)
	for _, p := range perm {
		if len(perm) != rank || p < 0 || p >= rank || seen[p] {
			return nil, fmt.Errorf("perm %v is not a permutation of %d axes", perm, rank)
		}
		seen[p] = true
	}
	return perm, nil
}

func (t transpose) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	perm, err := t.order(len(in[0].Shape))
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", in[0].Shape, err)
	}
	s := make(ir.Shape, len(perm))
	for i, p := range perm {
		s[i] = in[0].Shape[p]
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

func (t transpose) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	perm, _ := t.order(len(n.In[0].Shape))
	inverse := make([]int, len(perm))
	for i, p := range perm {
		inverse[p] = i
	}
	return []*ir.Value{Transpose(dy[0], inverse...)}
}

func (t transpose) Eval(in []*ir.Tensor) []*ir.Tensor {
	perm, err := t.order(len(in[0].Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	own := ir.Strides(in[0].Dims)
	dims, strides := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		dims[i], strides[i] = in[0].Dims[p], own[p]
	}
	return []*ir.Tensor{gatherStrided(in[0], dims, strides, 0)}
}

// gatherStrided reads a tensor of dims from x at the given strides, which may be negative or 0, from a first offset.
func gatherStrided(x *ir.Tensor, dims, strides []int, first int) *ir.Tensor {
	y := ir.NewTensor(x.DType, dims...)
	idx := make([]int, len(dims))
	for i := range y.Data {
		y.Data[i] = x.Data[first+offset(idx, strides)]
		next(idx, dims)
	}
	return y
}
