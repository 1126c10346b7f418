package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// LayerNormalization normalises x over the axes from axis on to mean 0 and variance 1, then scales and shifts: (x - μ) / √(σ² + eps) · scale + b.
//
// Shapes: scale and b (which may be nil) broadcast to x's axes from axis on.
func LayerNormalization(x, scale, b *ir.Value, axis int, eps float64) *ir.Value {
	in := []*ir.Value{x, scale}
	if b != nil {
		in = append(in, b)
	}
	return ir.Apply(layerNormalization{Axis: axis, Epsilon: eps, Stash: 1}, in...)[0]
}

type layerNormalization struct {
	Axis    int     `attr:"axis"`
	Epsilon float64 `attr:"epsilon"`
	Stash   int     `attr:"stash_type"`
}

var _ = register(layerNormalization{Axis: -1, Epsilon: 1e-5, Stash: 1})

func (layerNormalization) Name() string { return "LayerNormalization" }

func (layerNormalization) Doc() ir.Doc {
	with := func(label string, axis int, x, scale []int, bias bool) ir.Sample {
		s := ir.Sample{Label: label, Op: layerNormalization{axis, 1e-5, 1}, Tol: 1e-4, In: []ir.Arg{{Dims: x}, {Dims: scale}}}
		if bias {
			s.In = append(s.In, ir.Arg{Dims: scale})
		}
		return s
	}
	return ir.Doc{Text: "(x - μ) / √(σ² + epsilon) · scale + b with μ and σ² over the axes from axis on; further outputs are μ and 1/√(σ² + epsilon).", Samples: []ir.Sample{
		with("tokens", -1, []int{2, 3, 5}, []int{5}, true), with("axes", 1, []int{3, 2, 4}, []int{2, 4}, true), with("no bias", -1, []int{1, 6}, []int{6}, false),
	}}
}

// MaxOutputs counts the mean and the inverse deviation.
func (layerNormalization) MaxOutputs() int { return 3 }

// MinOutputs is how many outputs must be named when a node is written.
func (layerNormalization) MinOutputs() int { return 1 }

func (o layerNormalization) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 3); err != nil {
		return nil, err
	}
	if err := sameDType(true, in...); err != nil {
		return nil, err
	}
	x := in[0].Shape
	axis, err := normAxis(o.Axis, len(x))
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", x, err)
	}
	for i, v := range in[1:] {
		if v == nil {
			continue
		}
		if s, err := ir.BroadcastShapes(v.Shape, x[axis:]); err != nil || !s.Equal(x[axis:]) {
			return nil, fmt.Errorf("input %d of shape %s does not broadcast to %s, over which %s is normalised", i+1, v.Shape, x[axis:], x)
		}
	}
	stat := ir.Type{DType: in[0].DType, Shape: reduceShape(x, axesFrom(axis, len(x)), true)}
	return []ir.Type{in[0].Type, stat, stat}, nil
}

// axesFrom are the axes from first on.
func axesFrom(first, rank int) []int {
	var axes []int
	for i := first; i < rank; i++ {
		axes = append(axes, i)
	}
	return axes
}

func (o layerNormalization) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, d := n.In[0], dy[0]
	axis, _ := normAxis(o.Axis, len(x.Shape))
	axes := axesFrom(axis, len(x.Shape))
	inv := n.Out[2]
	hat := Mul(Sub(x, n.Out[1]), inv)
	if dy[1] != nil || dy[2] != nil {
		return o.statGrad(n, dy, hat, x.Shape[axis:].Elems())
	}
	g := Mul(d, n.In[1])
	inner := Sub(Sub(g, ReduceMean(g, true, axes...)), Mul(hat, ReduceMean(Mul(g, hat), true, axes...)))
	dx := []*ir.Value{Mul(inner, inv), Mul(d, hat)}
	if len(n.In) > 2 {
		dx = append(dx, d)
	}
	return dx
}

// statGrad is Grad where the mean or the inverse deviation is read too: dμ/dx = 1/m, d(1/σ)/dx = -x̂/(m·σ²) for m normalised elements.
func (o layerNormalization) statGrad(n *ir.Node, dy []*ir.Value, hat *ir.Value, m int) []*ir.Value {
	x, inv := n.In[0], n.Out[2]
	dx := make([]*ir.Value, len(n.In))
	if dy[0] != nil {
		copy(dx, o.Grad(n, []*ir.Value{dy[0], nil, nil}))
	}
	add := func(d *ir.Value) {
		if dx[0] != nil {
			d = Add(dx[0], d)
		}
		dx[0] = d
	}
	if dy[1] != nil {
		add(Expand(Mul(dy[1], Scalar(x, 1/float64(m))), x.Shape))
	}
	if dy[2] != nil {
		add(Mul(hat, Mul(Mul(inv, inv), Mul(dy[2], Scalar(x, -1/float64(m))))))
	}
	return dx
}

func (o layerNormalization) Eval(in []*ir.Tensor) []*ir.Tensor {
	x := in[0]
	axis, err := normAxis(o.Axis, len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	n := ir.Dims(x.Dims[axis:]...).Elems()
	stat := reduceShape(ir.Dims(x.Dims...), axesFrom(axis, len(x.Dims)), true).Sizes()
	mean, inv := ir.NewTensor(x.DType, stat...), ir.NewTensor(x.DType, stat...)
	y := x.Clone()
	for r := range mean.Data {
		line := y.Data[r*n : (r+1)*n]
		mean.Data[r], inv.Data[r] = standardise(line, o.Epsilon)
	}
	y = evalBinary(y, in[1], ir.Invalid, func(a, b float64) float64 { return a * b })[0]
	if b := at(in, 2); b != nil {
		y = evalBinary(y, b, ir.Invalid, func(a, b float64) float64 { return a + b })[0]
	}
	return []*ir.Tensor{y, mean, inv}
}

// standardise gives the line mean 0 and variance 1, in place, and returns its mean and inverse deviation.
func standardise(line []float64, eps float64) (mean, inv float64) {
	n := float64(len(line))
	for _, v := range line {
		mean += v / n
	}
	for _, v := range line {
		inv += (v - mean) * (v - mean) / n
	}
	inv = 1 / math.Sqrt(inv+eps)
	for i := range line {
		line[i] = (line[i] - mean) * inv
	}
	return mean, inv
}
