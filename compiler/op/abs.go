package op

import (
	"math"

	"ssc/compiler/ir"
)

// Abs is |x|, element by element.
func Abs(x *ir.Value) *ir.Value { return ir.Apply1(abs{}, x) }

type abs struct{}

var _ = register(abs{})

func (abs) Name() string { return "Abs" }

func (abs) Doc() ir.Doc {
	return ir.Doc{Text: "|x|, element by element. The gradient at 0 is 0.",
		Samples: unarySamples(abs{}, -1, 1)}
}

func (abs) Infer(in []*ir.Value) ([]ir.Type, error) { return inferNumeric(in) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (abs) Elementwise() {}

func (abs) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{Mul(dy[0], Sign(n.In[0]))}
}

func (abs) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalUnary(in[0], math.Abs)
}
