package op

import "ssc/compiler/ir"

// Identity is x under another name: an output of a graph that is also its input needs one.
func Identity(x *ir.Value) *ir.Value { return ir.Apply1(identity{}, x) }

type identity struct{}

var _ = register(identity{})

func (identity) Name() string { return "Identity" }

func (identity) Doc() ir.Doc {
	return ir.Doc{Text: "x itself.",
		Samples: unarySamples(identity{}, -1, 1)}
}

func (identity) Infer(in []*ir.Value) ([]ir.Type, error) { return inferUnary(in, false) }

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (identity) Elementwise() {}

func (identity) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{dy[0]}
}

func (identity) Eval(in []*ir.Tensor) []*ir.Tensor {
	return []*ir.Tensor{in[0]}
}
