package op

import "ssc/compiler/ir"

// ReduceProd is the product along the axes (all when none is given). Axes of size 1 stay when keep is true.
func ReduceProd(x *ir.Value, keep bool, axes ...int) *ir.Value {
	return ir.Apply1(reduceProd{Keep: keep}, x, axesInput(x, axes))
}

type reduceProd struct {
	Keep bool `attr:"keepdims"`
	Noop bool `attr:"noop_with_empty_axes,omitempty"`
}

var _ = register(reduceProd{Keep: true})

func (reduceProd) Name() string { return "ReduceProd" }

func (reduceProd) Doc() ir.Doc {
	return ir.Doc{Text: "The product along the axes. The gradient of an element is dy times the product of the others, exact also where elements are 0.",
		Samples: reduceSamples(func(k bool) ir.Op { return reduceProd{Keep: k} }, 0.5, 2, false)}
}

func (r reduceProd) Infer(in []*ir.Value) ([]ir.Type, error) { return inferReduce(in, r.Keep, r.Noop) }

// FLOPs is one for each element of the input.
func (reduceProd) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (r reduceProd) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	zero, one := Scalar(x, 0), Scalar(x, 1)
	// The product of the others is the product of all nonzero elements over the element itself, unless one of the others is 0.
	isZero := Equal(x, zero)
	nonzero := Where(isZero, one, x)
	mark := Cast(isZero, x.DType)
	axes := at(n.In, 1)
	zeros := ir.Apply1(reduceSum{Keep: true, Noop: r.Noop}, mark, axes)
	product := ir.Apply1(reduceProd{Keep: true, Noop: r.Noop}, nonzero, axes)
	others := Where(Equal(Sub(zeros, mark), zero), Div(product, nonzero), zero)
	return dataGrad(n, Mul(unreduce(n, dy[0], r.Keep, r.Noop), others))
}

func (r reduceProd) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalReduce(in, r.Keep, r.Noop, 1, func(a, x float64) float64 { return a * x }, asIs)
}
