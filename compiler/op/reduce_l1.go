package op

import (
	"math"

	"ssc/compiler/ir"
)

// ReduceL1 is the sum of absolute values along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceL1(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceL1{Keep: keep}, x, axesInput(x, axes))
}

type reduceL1 struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceL1{Keep: true})

func (reduceL1) Name() string { return "ReduceL1" }

func (reduceL1) Doc() ir.Doc {
	return ir.Doc{Text: "The sum of absolute values along the axes. The gradient at 0 is 0.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceL1{Keep: k} }, -1, 1, true)}
}

func (r reduceL1) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceL1) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceL1) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return dataGrad(n, Mul(Sign(n.In[0]), unreduce(n, dy[0], r.Keep, r.Noop)))
}

func (r reduceL1) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, 0, func(a, x float64) float64 { return a + math.Abs(x) }, asIs)
}
