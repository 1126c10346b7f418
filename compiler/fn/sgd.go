package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// SGDOptions are the constants of an update. RateInVelocity is the form of LARS: the rate enters the velocity, and what it was stays.
type SGDOptions struct {
	Momentum, WeightDecay    float64
	Nesterov, RateInVelocity bool
}

// SGD is the update of a parameter by gradient descent with momentum, where ok holds; elsewhere w and v stay. Shapes: ok [] bool, nil for always; rate []; g, w and v alike, v
// nil without momentum; results like w and v. Sutskever et al. 2013.
func SGD(ok, rate, g, w, v *ir.Value, o SGDOptions) (nextW, nextV *ir.Value) {
	f := sgd(o)
	if v == nil {
		return ir.Apply1(f, ok, rate, g, w), nil
	}
	out := ir.Apply(f, ok, rate, g, w, v)
	return out[0], out[1]
}

type sgd struct {
	Momentum       float64 `attr:"momentum"`
	WeightDecay    float64 `attr:"weight_decay"`
	Nesterov       bool    `attr:"nesterov,omitempty"`
	RateInVelocity bool    `attr:"rate_in_velocity,omitempty"`
}

var _ = register(sgd{})

func (sgd) Name() string { return "SGD" }

// MaxOutputs is the number of outputs.
func (sgd) MaxOutputs() int { return 2 }

func (sgd) Doc() ir.Doc {
	sample := func(label string, f sgd, ok bool, dims ...int) ir.Sample {
		x := ir.Arg{Dims: dims}
		s := ir.Sample{Label: label, Op: f, NoGrad: noUpdateGrad, In: []ir.Arg{flag(ok), {Dims: []int{}, Lo: 0.1, Hi: 0.2}, x, x}}
		if f.Momentum != 0 {
			s.In = append(s.In, x)
		}
		return s
	}
	always := sample("always", sgd{Momentum: 0.5}, true, 2, 1)
	always.In[0] = ir.Arg{}
	return ir.Doc{Text: "Update by gradient descent: d = g + weight_decay*w, v = momentum*v + d, w = w - rate*v, with nesterov w = w - rate*(d + momentum*v); with rate_in_velocity d is multiplied by the rate " +
		"and the step is not. Without momentum there is no v. Where ok is given and false, w and v stay. The inputs are ok, rate, g, w, v, the results the new w and v.",
		Samples: []ir.Sample{
			sample("plain", sgd{}, true, 3, 4), sample("momentum", sgd{Momentum: 0.9, WeightDecay: 0.1}, true, 5), sample("nesterov", sgd{Momentum: 0.9, Nesterov: true}, true, 3, 2),
			sample("rate in velocity", sgd{Momentum: 0.9, WeightDecay: 0.1, RateInVelocity: true}, true, 2, 3), sample("kept", sgd{Momentum: 0.9}, false, 3, 1), always,
		}}
}

const noUpdateGrad = "nothing is differentiated by an update"

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
	ok, rate, d, w := in[0], in[1], in[2], in[3]
	if f.WeightDecay != 0 {
		d = op.Add(d, op.Mul(w, op.Scalar(w, f.WeightDecay)))
	}
	if f.RateInVelocity {
		d = op.Mul(d, rate)
	}
	step, out := d, []*ir.Value{nil}
	if len(in) > 4 {
		v := op.Add(op.Mul(in[4], op.Scalar(d, f.Momentum)), d)
		step, out = v, []*ir.Value{nil, gated(ok, v, in[4])}
		if f.Nesterov {
			step = op.Add(d, op.Mul(v, op.Scalar(d, f.Momentum)))
		}
	}
	if !f.RateInVelocity {
		step = op.Mul(step, rate)
	}
	out[0] = gated(ok, op.Sub(w, step), w)
	return out
}

// gated is fresh where ok holds or is nil, else old.
func gated(ok, fresh, old *ir.Value) *ir.Value {
	if ok == nil {
		return fresh
	}
	return op.Where(ok, fresh, old)
}

// InStep is the input that output i may share its memory with: a kernel reads an element of it, if at all, before it writes that of the output.
func (sgd) InStep(i int) int { return 3 + i }
