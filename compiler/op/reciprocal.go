package op

import "ssc/compiler/ir"

// Reciprocal is 1/x, element by element.
func Reciprocal(x *ir.Value) *ir.Value { return ir.Apply1(reciprocal{}, x) }

type reciprocal struct{}

var _ = register(reciprocal{})

func (reciprocal) Name() string { return "Reciprocal" }

func (reciprocal) Doc() ir.Doc {
	return ir.Doc{Text: "1/x, element by element; infinite at 0. The gradient is -dy · y².",
		Samples: unarySamples(reciprocal{}, 0.5, 2)}
}

func (reciprocal) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

func (reciprocal) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	y := n.Out[0]
	return []*ir.Value{Neg(Mul(dy[0], Mul(y, y)))}
}

func (reciprocal) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 { return 1 / x })
}
