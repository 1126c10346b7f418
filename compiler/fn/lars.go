package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// LARSOptions are the constants of an update: Eta is the trust coefficient, Eps is added to the denominator of the ratio.
type LARSOptions struct {
	Descent
	Eta, Eps float64
}

// LARS is the update of a parameter by momentum SGD whose rate enters the velocity and is adapted to the norms of the parameter and of its gradient, where ok holds; elsewhere w and v stay. Shapes as
// in [SGD]; squares [], the [SumSquares] of g, nil where the rate is not adapted. You et al. 2017, algorithm 1.
func LARS(ok, rate, decay, share, squares, g, w, v *ir.Value, o LARSOptions) (nextW, nextV *ir.Value) {
	return descent(lars{o.Momentum, o.Eta, o.Eps, o.Nesterov}, ok, rate, decay, share, squares, g, w, v)
}

type lars struct {
	Momentum float64 `attr:"momentum"`
	Eta      float64 `attr:"eta"`
	Eps      float64 `attr:"epsilon"`
	Nesterov bool    `attr:"nesterov,omitempty"`
}

var _ = register(lars{Eta: 0.02, Eps: 1e-8})

func (lars) Name() string { return "LARS" }

// MaxOutputs is the number of outputs.
func (lars) MaxOutputs() int { return 2 }

func (lars) Doc() ir.Doc {
	sample := func(label string, momentum float64, nesterov bool, ok, decay, share, squares ir.Arg, dims ...int) ir.Sample {
		x := ir.Arg{Dims: dims}
		s := ir.Sample{Label: label, Op: lars{momentum, 0.02, 1e-8, nesterov}, NoGrad: noUpdateGrad, In: []ir.Arg{ok, rates, decay, share, squares, x, x}}
		if momentum != 0 {
			s.In = append(s.In, x)
		}
		return s
	}
	squares, zero := ir.Arg{Dims: []int{}, Lo: 0.01, Hi: 0.02}, ir.Arg{Value: ir.ScalarTensor(ir.Float32, 0)}
	return ir.Doc{Text: "Update by gradient descent at an adapted rate: q = eta*|w|/(sqrt(squares) + decay*|w| + epsilon), d = rate*q*(g + decay*w), v = momentum*v + share*d, w = w - v, with nesterov w = w - (d + momentum*v). " +
		"squares is the sum of the squares of g; q is 1 where it or |w| is 0, or where it is not given. decay, share, momentum and ok are those of SGD. The inputs are ok, rate, decay, share, squares, g, w, v, the results the new w and v.",
		Samples: []ir.Sample{
			sample("plain", 0, false, flag(true), absent, absent, squares, 3, 4), sample("momentum", 0.9, false, flag(true), rates, absent, squares, 5),
			sample("nesterov", 0.9, true, flag(true), rates, absent, squares, 3, 2), sample("damped", 0.9, false, flag(true), absent, rates, squares, 2, 3),
			sample("no gradient", 0.9, false, flag(true), rates, absent, zero, 2, 3), sample("not adapted", 0.9, false, absent, rates, absent, absent, 4, 2),
			sample("kept", 0.9, false, flag(false), rates, absent, squares, 3, 1),
		}}
}

func (f lars) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (lars) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f lars) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f lars) Body(in []*ir.Value) []*ir.Value {
	ok, rate, decay, share, squares, g, w := in[0], in[1], in[2], in[3], in[4], in[5], in[6]
	if squares != nil {
		rate = op.Mul(rate, f.ratio(decay, squares, w))
	}
	v := at(in, 7)
	step, next := Descent{f.Momentum, f.Nesterov}.velocity(op.Mul(decayed(g, w, decay), rate), share, v)
	return descended(ok, op.Sub(w, step), next, w, v)
}

// ratio is q, a scalar.
func (f lars) ratio(decay, squares, w *ir.Value) *ir.Value {
	wn, gn := length(w), op.Sqrt(squares)
	q := op.Div(times(wn, f.Eta), op.Add(decayed(gn, wn, decay), op.Scalar(wn, f.Eps)))
	return op.Where(bothPositive(wn, gn), q, op.Scalar(wn, 1))
}

// length is the Euclidean norm, a scalar. It calls no function: a call in a body that has several forms finds none of them where bodies run.
func length(x *ir.Value) *ir.Value { return op.Sqrt(op.ReduceSumSquare(x, false)) }

func bothPositive(a, b *ir.Value) *ir.Value {
	zero := op.Scalar(a, 0)
	return op.And(op.Greater(a, zero), op.Greater(b, zero))
}

// InStep is the input that output i may share its memory with: a kernel has the norm of w before it writes.
func (lars) InStep(i int) int { return 6 + i }
