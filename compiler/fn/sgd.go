package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Descent are the constants of a step along a velocity.
type Descent struct {
	Momentum float64
	Nesterov bool
}

// SGD is the update of a parameter by gradient descent with momentum, where ok holds; elsewhere w and v stay. Shapes: ok [] bool, nil for always; rate []; decay, the weight decay, and share, of
// the gradient, that enters the velocity, [], nil for none and all; g, w and v alike, v nil without momentum; results like w and v. Sutskever et al. 2013.
func SGD(ok, rate, decay, share, g, w, v *ir.Value, o Descent) (nextW, nextV *ir.Value) {
	return descent(sgd(o), ok, rate, decay, share, g, w, v)
}

// descent applies an update whose last input is the velocity, nil without momentum.
func descent(f ir.Function, in ...*ir.Value) (nextW, nextV *ir.Value) {
	if last := len(in) - 1; in[last] == nil {
		return ir.Apply1(f, in[:last]...), nil
	}
	out := ir.Apply(f, in...)
	return out[0], out[1]
}

type sgd struct {
	Momentum float64 `attr:"momentum"`
	Nesterov bool    `attr:"nesterov,omitempty"`
}

var _ = register(sgd{})

func (sgd) Name() string { return "SGD" }

// MaxOutputs is the number of outputs.
func (sgd) MaxOutputs() int { return 2 }

func (sgd) Doc() ir.Doc {
	sample := func(label string, f sgd, ok, decay, share ir.Arg, dims ...int) ir.Sample {
		x := ir.Arg{Dims: dims}
		s := ir.Sample{Label: label, Op: f, NoGrad: noUpdateGrad, In: []ir.Arg{ok, rates, decay, share, x, x}}
		if f.Momentum != 0 {
			s.In = append(s.In, x)
		}
		return s
	}
	return ir.Doc{Text: "Update by gradient descent: d = g + decay*w, v = momentum*v + share*d, w = w - rate*v, with nesterov w = w - rate*(d + momentum*v). Without decay d is g, without share all of d enters v, and " +
		"without momentum there is no v, and the step is d. Where ok is given and false, w and v stay. The inputs are ok, rate, decay, share, g, w, v, the results the new w and v.",
		Samples: []ir.Sample{
			sample("plain", sgd{}, flag(true), absent, absent, 3, 4), sample("momentum", sgd{Momentum: 0.9}, flag(true), rates, absent, 5),
			sample("nesterov", sgd{Momentum: 0.9, Nesterov: true}, flag(true), absent, absent, 3, 2), sample("damped", sgd{Momentum: 0.9, Nesterov: true}, flag(true), rates, rates, 2, 3),
			sample("kept", sgd{Momentum: 0.9}, flag(false), rates, absent, 3, 1), sample("always", sgd{Momentum: 0.5}, absent, absent, absent, 2, 1),
		}}
}

const noUpdateGrad = "nothing is differentiated by an update"

// Inputs of samples: one that is not there, and a positive number.
var absent, rates = ir.Arg{}, ir.Arg{Dims: []int{}, Lo: 0.1, Hi: 0.2}

// flag is a constant input that says whether a step counts.
func flag(ok bool) ir.Arg {
	t := ir.NewTensor(ir.Bool)
	if ok {
		t.Data[0] = 1
	}
	return ir.Arg{Value: t}
}

func (f sgd) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (sgd) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f sgd) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f sgd) Body(in []*ir.Value) []*ir.Value {
	ok, rate, decay, share, g, w := in[0], in[1], in[2], in[3], in[4], in[5]
	v := at(in, 6)
	step, next := Descent(f).velocity(decayed(g, w, decay), share, v)
	return descended(ok, op.Sub(w, op.Mul(step, rate)), next, w, v)
}

// velocity is that behind a step along d, of which a share enters it, nil for all, and the direction of the step; d itself where there is no v.
func (o Descent) velocity(d, share, v *ir.Value) (direction, next *ir.Value) {
	if v == nil {
		return d, nil
	}
	entering := d
	if share != nil {
		entering = op.Mul(d, share)
	}
	next = op.Add(times(v, o.Momentum), entering)
	if o.Nesterov {
		return op.Add(d, times(next, o.Momentum)), next
	}
	return next, next
}

// descended are the results of an update.
func descended(ok, nextW, nextV, w, v *ir.Value) []*ir.Value {
	out := []*ir.Value{gated(ok, nextW, w)}
	if v != nil {
		out = append(out, gated(ok, nextV, v))
	}
	return out
}

// gated is fresh where ok holds or is nil, else old.
func gated(ok, fresh, old *ir.Value) *ir.Value {
	if ok == nil {
		return fresh
	}
	return op.Where(ok, fresh, old)
}

// decayed is the gradient with the L2 term, g + decay*w; g where decay is nil.
func decayed(g, w, decay *ir.Value) *ir.Value {
	if decay == nil {
		return g
	}
	return op.Add(g, op.Mul(w, decay))
}

// times is x*c.
func times(x *ir.Value, c float64) *ir.Value { return op.Mul(x, op.Scalar(x, c)) }

// InStep is the input that output i may share its memory with: a kernel reads an element of it, if at all, before it writes that of the output.
func (sgd) InStep(i int) int { return 5 + i }
