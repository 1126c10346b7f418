package op

import "ssc/compiler/ir"

// HardSwish is x · max(0, min(1, x/6 + 1/2)).
func HardSwish(x *ir.Value) *ir.Value { return ir.Apply1(hardSwish{}, x) }

type hardSwish struct{}

var _ = register(hardSwish{})

func (hardSwish) Name() string { return "HardSwish" }

func (hardSwish) Doc() ir.Doc {
	return ir.Doc{Text: "x · max(0, min(1, x/6 + 1/2)).", Samples: append(unarySamples(hardSwish{}, -2.9, 2.9),
		ir.Sample{Label: "above", Op: hardSwish{}, In: []ir.Arg{{Dims: []int{4}, Lo: 3.1, Hi: 5}}},
		ir.Sample{Label: "below", Op: hardSwish{}, In: []ir.Arg{{Dims: []int{4}, Lo: -5, Hi: -3.1}}})}
}

func (hardSwish) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

// Grad is x/3 + 1/2 between -3 and 3, 0 below and 1 above.
func (hardSwish) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	slope := Add(Mul(x, Scalar(x, 1.0/3)), Scalar(x, 0.5))
	slope = Where(Greater(x, Scalar(x, 3)), Scalar(x, 1), Where(Greater(x, Scalar(x, -3)), slope, Scalar(x, 0)))
	return []*ir.Value{Mul(dy[0], slope)}
}

func (hardSwish) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 { return x * max(0, min(1, x/6+0.5)) })
}
