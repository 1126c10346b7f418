package op

import "ssc/compiler/ir"

// ArgMax is the index of the largest element along axis, the first of equals.
func ArgMax(x *ir.Value, axis int, keep bool) *ir.Value {
	return ir.Apply1(argMax{Axis: axis, Keep: keep}, x)
}

// ArgMaxLast is ArgMax that takes the last of equals.
func ArgMaxLast(x *ir.Value, axis int, keep bool) *ir.Value {
	return ir.Apply1(argMax{Axis: axis, Keep: keep, Last: true}, x)
}

type argMax struct {
	Axis int  `attr:"axis"`
	Keep bool `attr:"keepdims"`
	Last bool `attr:"select_last_index,omitempty"`
}

var _ = register(argMax{Keep: true})

func (argMax) Name() string { return "ArgMax" }

func (argMax) Doc() ir.Doc {
	return ir.Doc{Text: "The index (i64) of the largest element along axis: the first of equals, or the last where select_last_index is 1. Not differentiable.",
		Samples: argSamples(func(axis int, keep, last bool) ir.Op { return argMax{axis, keep, last} })}
}

func (o argMax) Infer(in []*ir.Value) ([]ir.Type, error) { return inferArg(in, o.Axis, o.Keep) }

func (argMax) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o argMax) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalArg(in[0], o.Axis, o.Keep, func(x, best float64) bool { return x > best || o.Last && x == best })
}
