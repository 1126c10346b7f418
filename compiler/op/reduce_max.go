package op

import (
	"math"

	"ssc/compiler/ir"
)

// ReduceMax is the largest element along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceMax(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceMax{Keep: keep}, x, axesInput(x, axes))
}

type reduceMax struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceMax{Keep: true})

func (reduceMax) Name() string { return "ReduceMax" }

func (reduceMax) Doc() ir.Doc {
	return ir.Doc{Text: "The largest element along the axes; NaN where one is NaN. The gradient is divided equally among the elements that attain it.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceMax{Keep: k} }, -1, 1, true)}
}

func (r reduceMax) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceMax) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceMax) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return dataGrad(n, shareReduced(n, dy[0], r.Keep, r.Noop))
}

func (r reduceMax) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, math.Inf(-1), math.Max, asIs)
}
