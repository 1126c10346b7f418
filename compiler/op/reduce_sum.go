package op

import "ssc/compiler/ir"

// ReduceSum adds up along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceSum(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceSum{Keep: keep}, x, axesInput(x, axes))
}

type reduceSum struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceSum{Keep: true})

func (reduceSum) Name() string { return "ReduceSum" }

func (reduceSum) Doc() ir.Doc {
	return ir.Doc{Text: "Sum along the axes.", Samples: reduceSamples(func(k bool) ir.Op { return reduceSum{Keep: k} }, -1, 1, false)}
}

func (r reduceSum) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceSum) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceSum) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return dataGrad(n, Expand(unreduce(n, dy[0], r.Keep, r.Noop), n.In[0].Shape))
}

func (r reduceSum) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, 0, func(a, x float64) float64 { return a + x }, asIs)
}

// unreduce gives a reduction's output, or its gradient, the size-1 axes back that the reduction dropped, so that it broadcasts against the input.
func unreduce(n *ir.Node, y *ir.Value, keep, noop bool) *ir.Value {
	if keep {
		return y
	}
	axes, _ := constInts(n.In, 1, "")
	axes, _ = reducedAxes(axes, len(n.In[0].Shape), noop)
	if len(axes) == 0 {
		return y
	}
	return Unsqueeze(y, axes...)
}
