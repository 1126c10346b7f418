package op

import "ssc/compiler/ir"

// LeakyRelu is x where it is positive, else alpha · x.
func LeakyRelu(x *ir.Value, alpha float64) *ir.Value { return ir.Apply1(leakyRelu{Alpha: alpha}, x) }

type leakyRelu struct {
	Alpha float64 `attr:"alpha"`
}

var _ = register(leakyRelu{Alpha: 0.01})

func (leakyRelu) Name() string { return "LeakyRelu" }

func (leakyRelu) Doc() ir.Doc {
	return ir.Doc{Text: "x where x > 0, else alpha · x, element by element. The slope at 0 is alpha.",
		Samples: append(unarySamples(leakyRelu{Alpha: 0.01}, -2, 2),
			ir.Sample{Label: "alpha", Op: leakyRelu{Alpha: 0.3}, In: []ir.Arg{{Dims: []int{4}}}})}
}

func (leakyRelu) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (o leakyRelu) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	return []*ir.Value{Where(Greater(x, Scalar(x, 0)), dy[0], Mul(dy[0], Scalar(x, o.Alpha)))}
}

func (o leakyRelu) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 {
		if x < 0 {
			return o.Alpha * x
		}
		return x
	})
}
