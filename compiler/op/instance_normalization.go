package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// InstanceNormalization normalises every channel of every image to mean 0 and variance 1, then scales and shifts it by the channel's scale and b.
//
// Shapes: x [batch, channel, spatial…], scale and b [channel].
func InstanceNormalization(x, scale, b *ir.Value, eps float64) *ir.Value {
	return ir.Apply1(instanceNormalization{eps}, x, scale, b)
}

type instanceNormalization struct {
	Epsilon float64 `attr:"epsilon"`
}

var _ = register(instanceNormalization{1e-5})

func (instanceNormalization) Name() string { return "InstanceNormalization" }

func (instanceNormalization) Doc() ir.Doc {
	with := func(label string, dims ...int) ir.Sample {
		c := []int{dims[1]}
		return ir.Sample{Label: label, Op: instanceNormalization{1e-5}, Tol: 1e-4, In: []ir.Arg{{Dims: dims}, {Dims: c}, {Dims: c}}}
	}
	return ir.Doc{Text: "(x - μ) / √(σ² + epsilon) · scale + b with μ and σ² of each channel of each image.", Samples: []ir.Sample{
		with("image", 2, 3, 2, 4), with("thin", 2, 1, 1, 5), with("line", 1, 2, 6),
	}}
}

func (o instanceNormalization) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if err := sameDType(true, in...); err != nil {
		return nil, err
	}
	x := in[0].Shape
	if len(x) < 3 {
		return nil, fmt.Errorf("input %s must be [batch, channel, spatial…]", x)
	}
	for i, what := range []string{"scale", "bias"} {
		if !in[i+1].Shape.Equal(x[1:2]) {
			return nil, fmt.Errorf("%s %s does not fit input %s; %s would", what, in[i+1].Shape, x, x[1:2])
		}
	}
	return []ir.Type{in[0].Type}, nil
}

func (o instanceNormalization) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, d, axes := n.In[0], dy[0], spatialAxes(n.In[0].Shape)
	dev := Sub(x, ReduceMean(x, true, axes...))
	inv := Reciprocal(Sqrt(Add(ReduceMean(Mul(dev, dev), true, axes...), Scalar(x, o.Epsilon))))
	hat := Mul(dev, inv)
	back := Sub(Sub(d, ReduceMean(d, true, axes...)), Mul(hat, ReduceMean(Mul(d, hat), true, axes...)))
	return []*ir.Value{Mul(back, Mul(inv, perChannel(n.In[1], x.Shape))), channelSum(Mul(d, hat)), channelSum(d)}
}

func (o instanceNormalization) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := in[0].Clone()
	n, c := ir.Dims(y.Dims[2:]...).Elems(), y.Dims[1]
	for r := 0; r < y.Dims[0]*c; r++ {
		line := y.Data[r*n : (r+1)*n]
		standardise(line, o.Epsilon)
		for i := range line {
			line[i] = line[i]*in[1].Data[r%c] + in[2].Data[r%c]
		}
	}
	return []*ir.Tensor{y}
}
