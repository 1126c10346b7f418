package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// MovingAverage is a teacher's parameter behind a step: old + (1-m)·(target - old), where ok holds; elsewhere it stays. In this form one that has arrived at its target stays there.
// Shapes: ok [] bool, nil for always; m, the share of the old value, []; old and target alike; result like them. He, Fan, Wu, Xie, Girshick 2019, eq. 2; Grill et al. 2020, eq. 1.
func MovingAverage(ok, m, old, target *ir.Value) *ir.Value {
	return ir.Apply1(movingAverage{}, ok, m, old, target)
}

type movingAverage struct{}

var _ = register(movingAverage{})

func (movingAverage) Name() string { return "MovingAverage" }

func (movingAverage) Doc() ir.Doc {
	sample := func(label string, ok ir.Arg, dims ...int) ir.Sample {
		return ir.Sample{Label: label, Op: movingAverage{}, NoGrad: noUpdateGrad, In: []ir.Arg{ok, {Dims: []int{}, Lo: 0.1, Hi: 0.9}, {Dims: dims}, {Dims: dims}}}
	}
	return ir.Doc{Text: "Exponential moving average: old + (1-m)*(target - old). Where ok is given and false, old stays. The inputs are ok, m, old, target.",
		Samples: []ir.Sample{sample("moved", flag(true), 3, 4), sample("kept", flag(false), 3, 1), sample("always", absent, 2, 3, 2), sample("one", flag(true), 1)}}
}

func (f movingAverage) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (movingAverage) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f movingAverage) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (movingAverage) Body(in []*ir.Value) []*ir.Value {
	ok, m, old, target := in[0], in[1], in[2], in[3]
	moved := op.Add(old, op.Mul(op.Sub(target, old), op.Sub(op.Scalar(m, 1), m)))
	return []*ir.Value{gated(ok, moved, old)}
}

// InStep is the input that the output may share its memory with.
func (movingAverage) InStep(int) int { return 2 }
