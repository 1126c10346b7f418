package op

import "ssc/compiler/ir"

// ReduceMean is the mean along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceMean(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceMean{Keep: keep}, x, axesInput(x, axes))
}

type reduceMean struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceMean{Keep: true})

func (reduceMean) Name() string { return "ReduceMean" }

func (reduceMean) Doc() ir.Doc {
	return ir.Doc{Text: "The mean along the axes.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceMean{Keep: k} }, -1, 1, false)}
}

func (r reduceMean) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceMean) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceMean) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	d := unreduce(n, dy[0], r.Keep, r.Noop)
	return dataGrad(n, Expand(Mul(d, Scalar(d, 1/float64(reducedCount(n, r.Noop)))), n.In[0].Shape))
}

func (r reduceMean) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, 0, func(a, x float64) float64 { return a + x }, func(a float64, n int) float64 { return a / float64(n) })
}
