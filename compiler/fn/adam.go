package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// AdamOptions are the constants of an update. Decoupled weight decay is that of AdamW.
type AdamOptions struct {
	Betas     [2]float64
	Eps       float64
	Decoupled bool
}

// Adam is the update of a parameter by Adam, where ok holds; elsewhere nothing moves. Shapes: ok [] bool, nil for always; rate and the bias corrections c1 and c2, 1-β^t, []; decay, the weight decay,
// [], nil for none; g, w, first and second moment alike; results like the last three. Kingma and Ba 2014, algorithm 1; Loshchilov and Hutter 2017, algorithm 2.
func Adam(ok, rate, c1, c2, decay, g, w, m, v *ir.Value, o AdamOptions) (nextW, nextM, nextV *ir.Value) {
	b := o.Betas
	out := ir.Apply(adam{b[0], b[1], 1 - b[0], 1 - b[1], o.Eps, o.Decoupled}, ok, rate, c1, c2, decay, g, w, m, v)
	return out[0], out[1], out[2]
}

type adam struct {
	Beta1     float64 `attr:"beta1"`
	Beta2     float64 `attr:"beta2"`
	Rest1     float64 `attr:"rest1"` // 1 - beta1 in all its digits: attributes are float32
	Rest2     float64 `attr:"rest2"`
	Eps       float64 `attr:"epsilon"`
	Decoupled bool    `attr:"decoupled,omitempty"`
}

var _ = register(adam{Beta1: 0.9, Beta2: 0.99, Rest1: 0.1, Rest2: 0.01, Eps: 1e-8})

func (adam) Name() string { return "Adam" }

// MaxOutputs is the number of outputs.
func (adam) MaxOutputs() int { return 3 }

func (adam) Doc() ir.Doc {
	sample := func(label string, decoupled bool, ok, decay ir.Arg, dims ...int) ir.Sample {
		return momentSample(label, adam{0.9, 0.99, 0.1, 0.01, 1e-8, decoupled}, ok, decay, dims...)
	}
	return ir.Doc{Text: "Update by Adam: m = beta1*m + rest1*g, v = beta2*v + rest2*g², w = w - rate*(m/c1)/(sqrt(v/c2) + epsilon), with rest = 1 - beta and the bias corrections c1 and c2. Weight decay, where it is given, is added to " +
		"g as decay*w; decoupled, w is first multiplied by 1 - rate*decay. Where ok is given and false, nothing moves. The inputs are ok, rate, c1, c2, decay, g, w, m, v, the results the new w, m and v.",
		Samples: []ir.Sample{sample("plain", false, flag(true), absent, 3, 4), sample("decay", false, flag(true), rates, 5), sample("decoupled", true, flag(true), rates, 3, 2),
			sample("kept", true, flag(false), rates, 3, 1), sample("always", false, absent, absent, 2, 1)}}
}

// momentSample is one of a function with the inputs of Adam.
func momentSample(label string, f ir.Function, ok, decay ir.Arg, dims ...int) ir.Sample {
	x, c := ir.Arg{Dims: dims}, ir.Arg{Dims: []int{}, Lo: 0.2, Hi: 1}
	return ir.Sample{Label: label, Op: f, NoGrad: noUpdateGrad, In: []ir.Arg{ok, rates, c, c, decay, x, x, x, {Dims: dims, Lo: 0.1, Hi: 1}}}
}

func (f adam) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (adam) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f adam) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f adam) Body(in []*ir.Value) []*ir.Value {
	ok, rate, c1, c2, decay, g, w, m, v := in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], in[8]
	kept := w
	switch {
	case decay == nil:
	case f.Decoupled:
		kept = op.Mul(w, op.Sub(op.Scalar(w, 1), op.Mul(rate, decay)))
	default:
		g = decayed(g, w, decay)
	}
	first, second, direction := f.moments(c1, c2, g, m, v)
	return []*ir.Value{gated(ok, op.Sub(kept, op.Mul(direction, rate)), w), gated(ok, first, m), gated(ok, second, v)}
}

// moments are both behind a step, and the direction of the step: (m/c1)/(sqrt(v/c2) + epsilon).
func (f adam) moments(c1, c2, g, m, v *ir.Value) (first, second, direction *ir.Value) {
	first = op.Add(times(m, f.Beta1), times(g, f.Rest1))
	second = op.Add(times(v, f.Beta2), times(op.Mul(g, g), f.Rest2))
	root := op.Add(op.Div(op.Sqrt(second), op.Sqrt(c2)), op.Scalar(g, f.Eps))
	return first, second, op.Div(op.Div(first, c1), root)
}

// InStep is the input that output i may share its memory with.
func (adam) InStep(i int) int { return 6 + i }
