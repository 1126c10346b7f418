package op

import (
	"math"

	"ssc/compiler/ir"
)

// LogSoftmax is x - log Σ e^x, the sum running along one axis.
func LogSoftmax(x *ir.Value, axis int) *ir.Value { return ir.Apply1(logSoftmax{axis}, x) }

type logSoftmax struct {
	Axis int `attr:"axis"`
}

var _ = register(logSoftmax{-1})

func (logSoftmax) Name() string { return "LogSoftmax" }

func (logSoftmax) Doc() ir.Doc {
	return ir.Doc{Text: "x - log Σ e^x along an axis.", Samples: softmaxSamples(func(axis int) ir.Op { return logSoftmax{axis} })}
}

func (s logSoftmax) Infer(in []*ir.Value) ([]ir.Type, error) { return inferAlong(in, s.Axis) }

func (s logSoftmax) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Sub(dy[0], Mul(Exp(n.Out[0]), ReduceSum(dy[0], true, s.Axis)))}
}

func (s logSoftmax) Eval(in []*ir.Tensor) []*ir.Tensor {
	return mapAlong(in[0], s.Axis, func(row []float64) {
		top, sum := maxOf(row), 0.0
		for _, x := range row {
			sum += math.Exp(x - top)
		}
		for i := range row {
			row[i] -= top + math.Log(sum)
		}
	})
}
