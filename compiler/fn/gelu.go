package fn

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Gelu is x·Φ(x), Φ the distribution function of the standard normal, by the error function or, with tanh, approximated. Hendrycks and Gimpel 2016.
func Gelu(x *ir.Value, tanh bool) *ir.Value { return ir.Apply1(gelu{Tanh: tanh}, x) }

type gelu struct {
	Tanh bool `attr:"tanh,omitempty"` // the approximation by tanh
}

var _ = register(gelu{})

func (gelu) Name() string { return "Gelu" }

func (gelu) Doc() ir.Doc {
	return ir.Doc{Text: "x·Φ(x) = x/2·(1 + erf(x/√2)); with tanh x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).",
		Samples: geluSamples(func(tanh bool) ir.Op { return gelu{tanh} }, 1)}
}

// geluSamples have the given number of equal inputs.
func geluSamples(with func(tanh bool) ir.Op, inputs int) []ir.Sample {
	make := func(label string, tanh bool, dims ...int) ir.Sample {
		s := ir.Sample{Label: label, Op: with(tanh)}
		for range inputs {
			s.In = append(s.In, ir.Arg{Dims: dims, Lo: -4, Hi: 4})
		}
		return s
	}
	return []ir.Sample{make("tokens", false, 2, 3, 5), make("thin", false, 4, 1), make("by tanh", true, 2, 3, 5)}
}

func (f gelu) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (f gelu) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ir.Apply1(geluGrad(f), dy[0], n.In[0])}
}

func (f gelu) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body by the error function is the form that ONNX Runtime fuses.
func (f gelu) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	x := in[0]
	t := f.inner(x)
	if !f.Tanh {
		t = op.Erf(op.Div(x, op.Scalar(x, math.Sqrt2)))
	}
	return []*ir.Value{op.Mul(op.Mul(x, op.Add(t, op.Scalar(x, 1))), op.Scalar(x, 0.5))}
}

// Hendrycks and Gimpel 2016, section 2.
const (
	geluCubic = 0.044715
	geluSlope = 0.7978845608028654 // √(2/π)
)

// inner is tanh(√(2/π)·(x + 0.044715·x³)), nil for the other form.
func (f gelu) inner(x *ir.Value) *ir.Value {
	if !f.Tanh {
		return nil
	}
	cubic := op.Mul(op.Mul(op.Mul(x, x), x), op.Scalar(x, geluCubic))
	return op.Tanh(op.Mul(op.Add(x, cubic), op.Scalar(x, geluSlope)))
}

// Narrow: x and the result.
func (gelu) Narrow() (in, out []int, begins bool) { return []int{0}, []int{0}, false }
