package op

import (
	"math"

	"ssc/compiler/ir"
)

// Min is the smallest of the inputs, element by element, with broadcasting.
func Min(x ...*ir.Value) *ir.Value { return ir.Apply1(minimum{}, x...) }

type minimum struct{}

var _ = register(minimum{})

func (minimum) Name() string { return "Min" }

func (minimum) Doc() ir.Doc {
	return ir.Doc{Text: "The smallest of one or more inputs, element by element, with broadcasting; NaN where one is NaN. " +
		"The gradient is divided equally among the inputs that attain the result.", Samples: variadicSamples(minimum{})}
}

func (minimum) Infer(in []*ir.Value) ([]ir.Type, error) { return inferVariadic(in) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (minimum) Elementwise() {}

// Commutes marks that the order of two inputs does not matter.
func (minimum) Commutes() {}

func (minimum) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value { return shareGrad(n, dy[0]) }

func (minimum) Eval(in []*ir.Tensor) []*ir.Tensor { return evalVariadic(in, math.Min) }
