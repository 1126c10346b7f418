package op

import (
	"math"

	"ssc/compiler/ir"
)

// Max is the largest of the inputs, element by element, with broadcasting.
func Max(x ...*ir.Value) *ir.Value { return ir.Apply1(maximum{}, x...) }

type maximum struct{}

var _ = register(maximum{})

func (maximum) Name() string { return "Max" }

func (maximum) Doc() ir.Doc {
	return ir.Doc{Text: "The largest of one or more inputs, element by element, with broadcasting; NaN where one is NaN. " +
		"The gradient is divided equally among the inputs that attain the result.", Samples: variadicSamples(maximum{})}
}

func (maximum) Infer(in []*ir.Value) ([]ir.Type, error) { return inferVariadic(in) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (maximum) Elementwise() {}

// Commutes marks that the order of two inputs does not matter.
func (maximum) Commutes() {}

func (maximum) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value { return shareGrad(n, dy[0]) }

func (maximum) Eval(in []*ir.Tensor) []*ir.Tensor { return evalVariadic(in, math.Max) }
