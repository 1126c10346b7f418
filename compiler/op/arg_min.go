package op

import "ssc/compiler/ir"

// ArgMin is the index of the smallest element along axis, the first of equals.
func ArgMin(x *ir.Value, axis int, keep bool) *ir.Value {
	return ir.Apply1(argMin{Axis: axis, Keep: keep}, x)
}

type argMin struct {
	Axis int  `attr:"axis"`
	Keep bool `attr:"keepdims"`
	Last bool `attr:"select_last_index,omitempty"`
}

var _ = register(argMin{Keep: true})

func (argMin) Name() string { return "ArgMin" }

func (argMin) Doc() ir.Doc {
	return ir.Doc{Text: "The index (i64) of the smallest element along axis: the first of equals, or the last where select_last_index is 1. Not differentiable.",
		Samples: argSamples(func(axis int, keep, last bool) ir.Op { return argMin{axis, keep, last} })}
}

func (o argMin) Infer(in []*ir.Value) ([]ir.Type, error) { return inferArg(in, o.Axis, o.Keep) }

func (argMin) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o argMin) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalArg(in[0], o.Axis, o.Keep, func(x, best float64) bool { return x < best || o.Last && x == best })
}
