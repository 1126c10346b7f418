package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// Clip limits x to [lo, hi]. An infinite bound is none.
func Clip(x *ir.Value, lo, hi float64) *ir.Value {
	in := []*ir.Value{x, nil, nil}
	if !math.IsInf(lo, -1) {
		in[1] = Scalar(x, lo)
	}
	if !math.IsInf(hi, 1) {
		in[2] = Scalar(x, hi)
	}
	return ir.Apply1(clip{}, in...)
}

type clip struct{}

var _ = register(clip{})

func (clip) Name() string { return "Clip" }

func (clip) Doc() ir.Doc {
	bound := func(v float64) ir.Arg { return ir.Arg{Value: ir.ScalarTensor(ir.Float32, v)} }
	x := ir.Arg{Dims: []int{3, 5}, Distinct: true}
	return ir.Doc{Text: "min(max(x, lo), hi), element by element; lo and hi are scalars, either may be absent, and hi wins where lo > hi. " +
		"The gradient passes where lo ≤ x ≤ hi, bounds included, and is 0 elsewhere; the bounds are not differentiated.",
		Samples: []ir.Sample{
			{Label: "both", Op: clip{}, In: []ir.Arg{x, bound(-0.41), bound(0.33)}},
			{Label: "low", Op: clip{}, In: []ir.Arg{x, bound(0.011)}},
			{Label: "high", Op: clip{}, In: []ir.Arg{{Dims: []int{2, 1}}, {}, bound(0.011)}},
			{Label: "none", Op: clip{}, In: []ir.Arg{x}},
		}}
}

func (clip) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 3); err != nil {
		return nil, err
	}
	for _, b := range in[1:] {
		if b != nil && len(b.Shape) != 0 {
			return nil, fmt.Errorf("a bound must be a scalar, got %s", b.Type)
		}
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	return []ir.Type{in[0].Type}, numeric(in[0])
}

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (clip) Elementwise() {}

func (clip) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	dx := make([]*ir.Value, len(n.In))
	dx[0] = dy[0]
	x, zero := n.In[0], Scalar(dy[0], 0)
	if lo := at(n.In, 1); lo != nil {
		dx[0] = Where(GreaterOrEqual(x, lo), dx[0], zero)
	}
	if hi := at(n.In, 2); hi != nil {
		dx[0] = Where(LessOrEqual(x, hi), dx[0], zero)
	}
	return dx
}

func (clip) Eval(in []*ir.Tensor) []*ir.Tensor {
	lo, hi := math.Inf(-1), math.Inf(1)
	if t := at(in, 1); t != nil {
		lo = t.Data[0]
	}
	if t := at(in, 2); t != nil {
		hi = t.Data[0]
	}
	return evalUnary(in[0], func(x float64) float64 { return math.Min(math.Max(x, lo), hi) })
}
