package op

import (
	"math"

	"ssc/compiler/ir"
)

// Exp is e^x, element by element.
func Exp(x *ir.Value) *ir.Value { return ir.Apply1(exp{}, x) }

type exp struct{}

var _ = register(exp{})

func (exp) Name() string { return "Exp" }

func (exp) Doc() ir.Doc {
	return ir.Doc{Text: "e^x, element by element.", Samples: unarySamples(exp{}, -2, 2)}
}

func (exp) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, true) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (exp) Elementwise() {}

func (exp) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value { return []*ir.Value{Mul(dy[0], n.Out[0])} }

func (exp) Eval(in []*ir.Tensor) []*ir.Tensor { return evalUnary(in[0], math.Exp) }
