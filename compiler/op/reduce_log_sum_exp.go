package op

import (
	"math"

	"ssc/compiler/ir"
)

// ReduceLogSumExp is ln Σ e^x along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceLogSumExp(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceLogSumExp{Keep: keep}, x, axesInput(x, axes))
}

type reduceLogSumExp struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceLogSumExp{Keep: true})

func (reduceLogSumExp) Name() string { return "ReduceLogSumExp" }

func (reduceLogSumExp) Doc() ir.Doc {
	return ir.Doc{Text: "ln Σ e^x along the axes; does not overflow. The gradient is dy · e^(x - y).",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceLogSumExp{Keep: k} }, -2, 2, false)}
}

func (r reduceLogSumExp) Infer(in []*ir.Value) ([]ir.Type, error) {
	return inferReduce(in, r.Keep, r.Noop)
}

// FLOPs is one for each element of the input.
func (reduceLogSumExp) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceLogSumExp) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y := unreduce(n, n.Out[0], r.Keep, r.Noop)
	return dataGrad(n, Mul(Exp(Sub(n.In[0], y)), unreduce(n, dy[0], r.Keep, r.Noop)))
}

func (r reduceLogSumExp) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, math.Inf(-1), logAddExp, asIs)
}

// logAddExp is ln(e^a + e^b).
func logAddExp(a, b float64) float64 {
	if a == b {
		return a + math.Ln2 // also for two infinities, whose difference is NaN
	}
	return math.Max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b)))
}
