package op

import (
	"math"

	"ssc/compiler/ir"
)

// Elu is x where it is positive, else alpha · (e^x - 1).
func Elu(x *ir.Value, alpha float64) *ir.Value { return ir.Apply1(elu{Alpha: alpha}, x) }

type elu struct {
	Alpha float64 `attr:"alpha"`
}

var _ = register(elu{Alpha: 1})

func (elu) Name() string { return "Elu" }

func (elu) Doc() ir.Doc {
	return ir.Doc{Text: "x where x > 0, else alpha · (e^x - 1), element by element. The slope at 0 is alpha.",
		Samples: append(unarySamples(elu{Alpha: 1}, -2, 2),
			ir.Sample{Label: "alpha", Op: elu{Alpha: 0.3}, In: []ir.Arg{{Dims: []int{4}}}})}
}

func (elu) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (o elu) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x := n.In[0]
	return []*ir.Value{Where(Greater(x, Scalar(x, 0)), dy[0], Mul(dy[0], Add(n.Out[0], Scalar(x, o.Alpha))))}
}

func (o elu) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 {
		if x < 0 {
			return o.Alpha * math.Expm1(x)
		}
		return x
	})
}
