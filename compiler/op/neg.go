package op

import "ssc/compiler/ir"

// Neg is -x, element by element.
func Neg(x *ir.Value) *ir.Value { return ir.Apply1(neg{}, x) }

type neg struct{}

var _ = register(neg{})

func (neg) Name() string { return "Neg" }

func (neg) Doc() ir.Doc {
	return ir.Doc{Text: "-x, element by element.",
		Samples: unarySamples(neg{}, -1, 1)}
}

func (neg) Infer(in []*ir.Value) ([]ir.Type, error) { return inferNumeric(in) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (neg) Elementwise() {}

func (neg) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Neg(dy[0])}
}

func (neg) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], func(x float64) float64 { return -x })
}
