package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// GlobalAveragePool is the mean over all spatial axes, which stay with size 1. Shapes: x [batch, channel, spatial…].
func GlobalAveragePool(x *ir.Value) *ir.Value { return ir.Apply1(globalAveragePool{}, x) }

type globalAveragePool struct{}

var _ = register(globalAveragePool{})

func (globalAveragePool) Name() string { return "GlobalAveragePool" }

func (globalAveragePool) Doc() ir.Doc {
	return ir.Doc{Text: "The mean over all axes after batch and channel, which stay with size 1.", Samples: globalPoolSamples(globalAveragePool{}, false)}
}

func globalPoolSamples(o ir.Op, distinct bool) []ir.Sample {
	return []ir.Sample{
		{Label: "image", Op: o, In: []ir.Arg{{Dims: []int{2, 3, 4, 5}, Distinct: distinct}}},
		{Label: "thin", Op: o, In: []ir.Arg{{Dims: []int{1, 2, 1, 3}, Distinct: distinct}}},
		{Label: "line", Op: o, In: []ir.Arg{{Dims: []int{2, 1, 4}, Distinct: distinct}}},
	}
}

func (globalAveragePool) Infer(in []*ir.Value) ([]ir.Type, error) { return inferGlobalPool(in) }

// inferGlobalPool is the shape rule of pools over the whole image.
func inferGlobalPool(in []*ir.Value) ([]ir.Type, error) {
	types, err := inferUnary(in, true)
	if err != nil {
		return nil, err
	}
	if len(in[0].Shape) < 3 {
		return nil, fmt.Errorf("input %s must be [batch, channel, spatial…]", in[0].Shape)
	}
	types[0].Shape = reduceShape(in[0].Shape, spatialAxes(in[0].Shape), true)
	return types, nil
}

// spatialAxes are all axes after batch and channel.
func spatialAxes(s ir.Shape) []int {
	var axes []int
	for i := 2; i < len(s); i++ {
		axes = append(axes, i)
	}
	return axes
}

// FLOPs is one for each element of the input.
func (globalAveragePool) FLOPs(n *ir.Node) int64 { return n.In[0].Shape.Size() }

func (globalAveragePool) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0].Shape
	return []*ir.Value{Expand(Mul(dy[0], Scalar(dy[0], 1/float64(x[2:].Elems()))), x)}
}

func (globalAveragePool) Eval(in []*ir.Tensor) []*ir.Tensor {
	axes := ir.Ints(spatialAxes(ir.Dims(in[0].Dims...))...)
	return evalReduce([]*ir.Tensor{in[0], axes}, true, false, 0,
		func(a, x float64) float64 { return a + x }, func(a float64, n int) float64 { return a / float64(n) })
}
