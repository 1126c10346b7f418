package op

import (
	"math"

	"ssc/compiler/ir"
)

// ReduceL2 is the Euclidean norm along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceL2(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceL2{Keep: keep}, x, axesInput(x, axes))
}

type reduceL2 struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceL2{Keep: true})

func (reduceL2) Name() string { return "ReduceL2" }

func (reduceL2) Doc() ir.Doc {
	return ir.Doc{Text: "The Euclidean norm along the axes. The gradient is dy · x / y, and 0 where the norm is 0.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceL2{Keep: k} }, -1, 1, false)}
}

func (r reduceL2) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceL2) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceL2) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y := unreduce(n, n.Out[0], r.Keep, r.Noop)
	divisor := Where(Equal(y, Scalar(y, 0)), Scalar(y, 1), y)
	return dataGrad(n, Mul(n.In[0], Div(unreduce(n, dy[0], r.Keep, r.Noop), divisor)))
}

func (r reduceL2) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, 0, func(a, x float64) float64 { return a + x*x }, func(a float64, _ int) float64 { return math.Sqrt(a) })
}
