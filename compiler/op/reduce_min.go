package op

import (
	"math"

	"ssc/compiler/ir"
)

// ReduceMin is the smallest element along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceMin(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceMin{Keep: keep}, x, axesInput(x, axes))
}

type reduceMin struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceMin{Keep: true})

func (reduceMin) Name() string { return "ReduceMin" }

func (reduceMin) Doc() ir.Doc {
	return ir.Doc{Text: "The smallest element along the axes; NaN where one is NaN. The gradient is divided equally among the elements that attain it.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceMin{Keep: k} }, -1, 1, true)}
}

func (r reduceMin) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceMin) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceMin) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return dataGrad(n, shareReduced(n, dy[0], r.Keep, r.Noop))
}

func (r reduceMin) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, math.Inf(1), math.Min, asIs)
}
