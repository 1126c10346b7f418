package op

import (
	"errors"
	"math"

	"ssc/compiler/ir"
)

// Mod is the remainder of a / b with broadcasting: with the sign of b for integers, with the sign of a for floats.
func Mod(a, b *ir.Value) *ir.Value { return ir.Apply1(mod{Fmod: a.DType.IsFloat()}, a, b) }

type mod struct {
	Fmod bool `attr:"fmod"`
}

var _ = register(mod{})

func (mod) Name() string { return "Mod" }

func (mod) Doc() ir.Doc {
	return ir.Doc{Text: "The remainder of a / b, element by element, with broadcasting: with the sign of b, or with the sign of a where fmod is 1, " +
		"as floats need it. The gradient of a is dy, that of b is -dy · trunc(a / b); jumps are passed over.",
		Samples: append(binarySamples(mod{Fmod: true}, 0.3, 0.9),
			integerSample(mod{}), integerSample(mod{Fmod: true}))}
}

func (m mod) Infer(in []*ir.Value) ([]ir.Type, error) {
	types, err := inferBinary(in, ir.Invalid)
	if err == nil && !m.Fmod && in[0].DType.IsFloat() {
		err = errors.New("floats need fmod = 1")
	}
	return types, err
}

func (mod) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	// y = a - b · trunc(a / b), hence -trunc(a / b) = (y - a) / b up to rounding.
	minusQuotient := Round(Div(Sub(n.Out[0], n.In[0]), n.In[1]))
	return []*ir.Value{dy[0], Mul(dy[0], minusQuotient)}
}

func (m mod) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 {
		r := math.Mod(x, y)
		if !m.Fmod && r != 0 && (r < 0) != (y < 0) {
			r += y
		}
		return r
	})
}
