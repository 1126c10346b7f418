package op

import (
	"math"

	"ssc/compiler/ir"
)

// GlobalMaxPool is the largest element over all spatial axes, which stay with size 1. Shapes: x [batch, channel, spatial…].
func GlobalMaxPool(x *ir.Value) *ir.Value { return ir.Apply1(globalMaxPool{}, x) }

type globalMaxPool struct{}

var _ = register(globalMaxPool{})

func (globalMaxPool) Name() string { return "GlobalMaxPool" }

func (globalMaxPool) Doc() ir.Doc {
	return ir.Doc{Text: "The largest element over all axes after batch and channel, which stay with size 1. Equal elements share the gradient.", Samples: globalPoolSamples(globalMaxPool{}, true)}
}

func (globalMaxPool) Infer(in []*ir.Value) ([]ir.Type, error) { return inferGlobalPool(in) }

// FLOPs is one for each element of the input.
func (globalMaxPool) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (globalMaxPool) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	hit := Cast(Equal(x, n.Out[0]), x.DType)
	return []*ir.Value{Mul(hit, Div(dy[0], ReduceSum(hit, true, spatialAxes(x.Shape)...)))}
}

func (globalMaxPool) Eval(in []*ir.Tensor) []*ir.Tensor {
	axes := ir.Ints(spatialAxes(ir.Dims(in[0].Dims...))...)
	return evalReduce([]*ir.Tensor{in[0], axes}, true, false, math.Inf(-1), math.Max, asIs)
}
