package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// StopGradient is x, through which no gradient passes.
func StopGradient(x *ir.Value) *ir.Value { return ir.Apply1(stopGradient{}, x) }

type stopGradient struct{}

var _ = register(stopGradient{})

func (stopGradient) Name() string { return "StopGradient" }

func (stopGradient) Doc() ir.Doc {
	return ir.Doc{Text: "The input, through which no gradient passes.", Samples: []ir.Sample{
		{Label: "matrix", Op: stopGradient{}, In: []ir.Arg{{Dims: []int{3, 2}}}, NoGrad: "stopping it is the purpose"},
		{Label: "thin", Op: stopGradient{}, In: []ir.Arg{{Dims: []int{3, 1}}}, NoGrad: "stopping it is the purpose"}}}
}

func (f stopGradient) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (stopGradient) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f stopGradient) Eval(in []*ir.Tensor) []*ir.Tensor { return in }

func (stopGradient) Body(in []*ir.Value) []*ir.Value { return []*ir.Value{op.Identity(in[0])} }
