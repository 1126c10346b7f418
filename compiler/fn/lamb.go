package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// LAMBOptions are the constants of an update. Adapt says whether the rate is adapted to the norms, and AtMostOne that it is never raised by that.
type LAMBOptions struct {
	Betas            [2]float64
	Eps              float64
	Adapt, AtMostOne bool
}

// LAMB is the update of a parameter along Adam's direction at a rate that is adapted to the norms of the parameter and of the direction, where ok holds; elsewhere nothing moves. Shapes as in [Adam].
// You, Li, Reddi et al. 2019, algorithm 2.
func LAMB(ok, rate, c1, c2, decay, g, w, m, v *ir.Value, o LAMBOptions) (nextW, nextM, nextV *ir.Value) {
	b := o.Betas
	out := ir.Apply(lamb{b[0], b[1], 1 - b[0], 1 - b[1], o.Eps, o.Adapt, o.AtMostOne}, ok, rate, c1, c2, decay, g, w, m, v)
	return out[0], out[1], out[2]
}

type lamb struct {
	Beta1     float64 `attr:"beta1"`
	Beta2     float64 `attr:"beta2"`
	Rest1     float64 `attr:"rest1"` // 1 - beta1 in all its digits: attributes are float32
	Rest2     float64 `attr:"rest2"`
	Eps       float64 `attr:"epsilon"`
	Adapt     bool    `attr:"adapt,omitempty"`
	AtMostOne bool    `attr:"at_most_one,omitempty"`
}

var _ = register(lamb{Beta1: 0.9, Beta2: 0.99, Rest1: 0.1, Rest2: 0.01, Eps: 1e-6})

func (lamb) Name() string { return "LAMB" }

// MaxOutputs is the number of outputs.
func (lamb) MaxOutputs() int { return 3 }

func (lamb) Doc() ir.Doc {
	sample := func(label string, adapt, atMostOne bool, ok, decay ir.Arg, dims ...int) ir.Sample {
		return momentSample(label, lamb{0.9, 0.99, 0.1, 0.01, 1e-6, adapt, atMostOne}, ok, decay, dims...)
	}
	large := func(s ir.Sample) ir.Sample { // w, so that the ratio is above 1
		s.In[6].Lo, s.In[6].Hi = 20, 30
		return s
	}
	still := sample("no weight", true, false, flag(true), absent, 2, 3)
	still.In[6] = ir.Arg{Value: ir.NewTensor(ir.Float32, 2, 3)}
	return ir.Doc{Text: "Update along Adam's direction at an adapted rate: m = beta1*m + rest1*g, v = beta2*v + rest2*g², r = (m/c1)/(sqrt(v/c2) + epsilon) + decay*w, w = w - rate*q*r. With adapt q = |w|/|r|, with at_most_one no more " +
		"than 1; it is 1 where one of these norms is 0, and without adapt. Without decay that term is left out. Where ok is given and false, nothing moves. The inputs are ok, rate, c1, c2, decay, g, w, m, v, the results the new w, m and v.",
		Samples: []ir.Sample{sample("adapted", true, false, flag(true), rates, 3, 4), sample("no decay", true, false, flag(true), absent, 5), sample("not adapted", false, false, flag(true), rates, 3, 2),
			large(sample("large", true, false, flag(true), rates, 2, 3)), large(sample("at most one", true, true, flag(true), rates, 2, 3)), still,
			sample("kept", true, false, flag(false), rates, 3, 1), sample("always", true, false, absent, rates, 2, 1)}}
}

func (f lamb) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (lamb) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f lamb) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (f lamb) Body(in []*ir.Value) []*ir.Value {
	ok, rate, c1, c2, decay, g, w, m, v := in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], in[8]
	averages := adam{Beta1: f.Beta1, Beta2: f.Beta2, Rest1: f.Rest1, Rest2: f.Rest2, Eps: f.Eps}
	first, second, direction := averages.moments(c1, c2, g, m, v)
	r := decayed(direction, w, decay)
	if f.Adapt {
		rate = op.Mul(rate, f.ratio(w, r))
	}
	return []*ir.Value{gated(ok, op.Sub(w, op.Mul(r, rate)), w), gated(ok, first, m), gated(ok, second, v)}
}

// ratio is q, a scalar.
func (f lamb) ratio(w, r *ir.Value) *ir.Value {
	wn, rn := length(w), length(r)
	one, both := op.Scalar(wn, 1), bothPositive(wn, rn)
	q := op.Where(both, op.Div(wn, op.Where(both, rn, one)), one)
	if f.AtMostOne {
		q = op.Min(q, one)
	}
	return q
}

// InStep is the input that output i may share its memory with: a kernel has the norms before it writes w, and reads the moments that it wrote.
func (lamb) InStep(i int) int { return 6 + i }
