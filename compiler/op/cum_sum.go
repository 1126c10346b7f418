package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// CumSumOptions choose the variant of a running sum.
type CumSumOptions struct {
	Exclusive bool // leave the element itself out
	Reverse   bool // run from the end
}

// CumSum is the running sum along axis.
func CumSum(x *ir.Value, axis int, o CumSumOptions) *ir.Value {
	return ir.Apply1(cumSum(o), x, Const(x.Graph(), ir.ScalarTensor(ir.Int64, float64(axis))))
}

type cumSum struct {
	Exclusive bool `attr:"exclusive,omitempty"`
	Reverse   bool `attr:"reverse,omitempty"`
}

var _ = register(cumSum{})

func (cumSum) Name() string { return "CumSum" }

func (cumSum) Doc() ir.Doc {
	sample := func(label string, o cumSum, axis float64, dims ...int) ir.Sample {
		return ir.Sample{Label: label, Op: o, In: []ir.Arg{{Dims: dims}, {Value: ir.ScalarTensor(ir.Int64, axis)}}}
	}
	return ir.Doc{Text: "The running sum along an axis, given as a constant: of the elements up to this one, without it where exclusive is 1, from the end where reverse is 1.",
		Samples: []ir.Sample{
			sample("default", cumSum{}, 0, 3, 4),
			sample("negative", cumSum{Exclusive: true}, -1, 3, 4),
			sample("reverse", cumSum{Reverse: true}, 1, 2, 5, 3),
			sample("both", cumSum{Exclusive: true, Reverse: true}, -2, 2, 5, 3),
			sample("thin", cumSum{}, 1, 3, 1),
		}}
}

func (cumSum) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	axis, err := constInts(in, 1, "the axis")
	if err != nil {
		return nil, err
	}
	if len(axis) != 1 {
		return nil, fmt.Errorf("takes one axis, got %v", axis)
	}
	if _, err := normAxis(axis[0], len(in[0].Shape)); err != nil {
		return nil, err
	}
	return []ir.Type{in[0].Type}, numeric(in[0])
}

func (c cumSum) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ir.Apply1(cumSum{Exclusive: c.Exclusive, Reverse: !c.Reverse}, dy[0], n.In[1]), nil}
}

func (c cumSum) Eval(in []*ir.Tensor) []*ir.Tensor {
	x := in[0]
	axis, err := normAxis(in[1].Int()[0], len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	y := ir.NewTensor(x.DType, x.Dims...)
	size, step := x.Dims[axis], ir.Strides(x.Dims)[axis]
	for start := range x.Data {
		if start/step%size != 0 {
			continue // not the first element along the axis
		}
		acc := 0.0
		for k := 0; k < size; k++ {
			i := start + k*step
			if c.Reverse {
				i = start + (size-1-k)*step
			}
			if c.Exclusive {
				y.Data[i] = acc
			}
			acc += x.Data[i]
			if !c.Exclusive {
				y.Data[i] = acc
			}
		}
	}
	return []*ir.Tensor{y}
}
