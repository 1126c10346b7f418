package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// PRelu is x where x ≥ 0 and slope·x elsewhere; slope broadcasts to x.
func PRelu(x, slope *ir.Value) *ir.Value { return ir.Apply1(pRelu{}, x, slope) }

type pRelu struct{}

var _ = register(pRelu{})

func (pRelu) Name() string { return "PRelu" }

func (pRelu) Doc() ir.Doc {
	with := func(label string, x, slope []int, lo, hi float64) ir.Sample {
		return ir.Sample{Label: label, Op: pRelu{}, In: []ir.Arg{{Dims: x, Lo: lo, Hi: hi}, {Dims: slope}}}
	}
	return ir.Doc{Text: "x where x ≥ 0, slope·x elsewhere; the gradient at 0 is the slope's side.", Samples: []ir.Sample{
		with("negative", []int{3, 4}, []int{3, 4}, -2, -0.1), with("positive", []int{2, 3}, []int{3}, 0.1, 2), with("channel", []int{2, 3, 1, 2}, []int{3, 1, 1}, -2, -0.1),
	}}
}

func (pRelu) Infer(in []*ir.Value) ([]ir.Type, error) {
	types, err := inferBinary(in, ir.Invalid)
	if err == nil && !types[0].Shape.Equal(in[0].Shape) {
		err = fmt.Errorf("slope %s does not broadcast to input %s", in[1].Shape, in[0].Shape)
	}
	return types, err
}

func (pRelu) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, slope, d := n.In[0], n.In[1], dy[0]
	zero := Scalar(x, 0)
	positive := Greater(x, zero)
	return []*ir.Value{Where(positive, d, Mul(d, slope)), Where(positive, zero, Mul(d, x))}
}

func (pRelu) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, s float64) float64 {
		if x < 0 {
			return s * x
		}
		return x
	})
}
