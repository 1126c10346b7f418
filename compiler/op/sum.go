package op

import "ssc/compiler/ir"

// Sum adds up the inputs, element by element, with broadcasting.
func Sum(x ...*ir.Value) *ir.Value { return ir.Apply1(sum{}, x...) }

type sum struct{}

var _ = register(sum{})

func (sum) Name() string { return "Sum" }

func (sum) Doc() ir.Doc {
	return ir.Doc{Text: "The sum of one or more inputs, element by element, with broadcasting.", Samples: variadicSamples(sum{})}
}

func (sum) Infer(in []*ir.Value) ([]ir.Type, error) {
	types, err := inferVariadic(in)
	if err != nil {
		return nil, err
	}
	return types, sameDType(true, in...)
}

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (sum) Elementwise() {}

// Commutes marks that the order of two inputs does not matter.
func (sum) Commutes() {}

func (sum) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	dx := make([]*ir.Value, len(n.In))
	for i := range dx {
		dx[i] = dy[0]
	}
	return dx
}

func (sum) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalVariadic(in, func(x, y float64) float64 { return x + y })
}
