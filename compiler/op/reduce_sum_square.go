package op

import "ssc/compiler/ir"

// ReduceSumSquare is the sum of squares along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceSumSquare(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceSumSquare{Keep: keep}, x, axesInput(x, axes))
}

type reduceSumSquare struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceSumSquare{Keep: true})

func (reduceSumSquare) Name() string { return "ReduceSumSquare" }

func (reduceSumSquare) Doc() ir.Doc {
	return ir.Doc{Text: "The sum of squares along the axes.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceSumSquare{Keep: k} }, -1, 1, false)}
}

func (r reduceSumSquare) Infer(in []*ir.Value) ([]ir.Type, error) {
	return inferReduce(in, r.Keep, r.Noop)
}

// FLOPs is one for each element of the input.
func (reduceSumSquare) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceSumSquare) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	return dataGrad(n, Mul(Mul(x, Scalar(x, 2)), unreduce(n, dy[0], r.Keep, r.Noop)))
}

func (r reduceSumSquare) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, 0, func(a, x float64) float64 { return a + x*x }, asIs)
}
