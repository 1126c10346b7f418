package op

import "ssc/compiler/ir"

// HardSigmoid is alpha·x + beta, limited to [0, 1].
func HardSigmoid(x *ir.Value, alpha, beta float64) *ir.Value {
	return ir.Apply1(hardSigmoid{alpha, beta}, x)
}

type hardSigmoid struct {
	Alpha float64 `attr:"alpha"`
	Beta  float64 `attr:"beta"`
}

var _ = register(hardSigmoid{0.2, 0.5})

func (hardSigmoid) Name() string { return "HardSigmoid" }

func (hardSigmoid) Doc() ir.Doc {
	o := hardSigmoid{0.2, 0.5}
	samples := append(unarySamples(o, -2, 2),
		ir.Sample{Label: "below", Op: o, In: []ir.Arg{{Dims: []int{4}, Lo: -9, Hi: -3}}},
		ir.Sample{Label: "above", Op: o, In: []ir.Arg{{Dims: []int{4}, Lo: 3, Hi: 9}}})
	return ir.Doc{Text: "alpha·x + beta, limited to [0, 1].", Samples: samples}
}

func (hardSigmoid) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (o hardSigmoid) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y, zero := n.Out[0], Scalar(dy[0], 0)
	inside := And(Greater(y, zero), Less(y, Scalar(y, 1)))
	return []*ir.Value{Where(inside, Mul(dy[0], Scalar(y, o.Alpha)), zero)}
}

func (o hardSigmoid) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 { return min(max(o.Alpha*x+o.Beta, 0), 1) })
}
