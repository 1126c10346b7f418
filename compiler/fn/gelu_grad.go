package fn

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type geluGrad struct {
	Tanh bool `attr:"tanh,omitempty"` // of the approximation by tanh
}

var _ = register(geluGrad{})

func (geluGrad) Name() string { return "GeluGrad" }

func (geluGrad) Doc() ir.Doc {
	samples := geluSamples(func(tanh bool) ir.Op { return geluGrad{tanh} }, 2)
	for i := range samples {
		samples[i].NoGrad = "second derivatives of training are not used"
	}
	return ir.Doc{Text: "Gradient of Gelu: dy·(Φ(x) + x·φ(x)) with the distribution function and the density of the standard normal; with tanh the derivative of the approximation.", Samples: samples}
}

func (f geluGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (geluGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f geluGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f geluGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	dy, x := in[0], in[1]
	c := func(v float64) *ir.Value { return op.Scalar(x, v) }
	x2 := op.Mul(x, x)
	if f.Tanh {
		t := gelu(f).inner(x)
		slope := op.Mul(op.Add(op.Mul(x2, c(3*geluCubic)), c(1)), c(geluSlope/2))
		curve := op.Mul(op.Mul(x, op.Sub(c(1), op.Mul(t, t))), slope)
		return []*ir.Value{op.Mul(dy, op.Add(op.Mul(op.Add(t, c(1)), c(0.5)), curve))}
	}
	phi := op.Mul(op.Exp(op.Mul(x2, c(-0.5))), c(1/math.Sqrt(2*math.Pi)))
	share := op.Mul(op.Add(op.Erf(op.Div(x, c(math.Sqrt2))), c(1)), c(0.5))
	return []*ir.Value{op.Mul(dy, op.Add(share, op.Mul(x, phi)))}
}

// Narrow: dy, x and the result.
func (geluGrad) Narrow() (in, out []int, begins bool) { return []int{0, 1}, []int{0}, false }
