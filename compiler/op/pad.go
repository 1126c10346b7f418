package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// PadOptions say how a value is padded. Mode is constant (also when empty), reflect or edge; Value fills in constant mode; no Axes means all.
type PadOptions struct {
	Mode  string
	Value float64
	Axes  []int
}

// Pad adds elements before and after x along the axes: pads lists the counts before each axis, then those after. A negative count cuts off
// (constant mode only).
func Pad(x *ir.Value, pads []int, o PadOptions) *ir.Value {
	g := x.Graph()
	in := []*ir.Value{x, ConstInts(g, pads...)}
	if o.Value != 0 {
		in = append(in, Scalar(x, o.Value))
	}
	if len(o.Axes) > 0 {
		if len(in) == 2 {
			in = append(in, nil)
		}
		in = append(in, ConstInts(g, o.Axes...))
	}
	if o.Mode == "" {
		o.Mode = "constant"
	}
	return ir.Apply1(pad{o.Mode}, in...)
}

// padZeros pads with zeros, or returns x where there is nothing to add.
func padZeros(x *ir.Value, begin, end []int) *ir.Value {
	pads := append(append([]int{}, begin...), end...)
	for _, n := range pads {
		if n != 0 {
			return Pad(x, pads, PadOptions{})
		}
	}
	return x
}

type pad struct {
	Mode string `attr:"mode"`
}

var _ = register(pad{"constant"})

func (pad) Name() string { return "Pad" }

func (pad) Doc() ir.Doc {
	with := func(label, mode string, x, pads []int, more ...ir.Arg) ir.Sample {
		return ir.Sample{Label: label, Op: pad{mode}, In: append([]ir.Arg{{Dims: x}, {Value: ir.Ints(pads...)}}, more...)}
	}
	return ir.Doc{Text: "Add elements before and after along the axes: a constant (the gradient does not reach it when it is not constant), the border's, or the mirror image without the border.",
		Samples: []ir.Sample{
			with("zeros", "constant", []int{2, 3}, []int{1, 0, 0, 2}),
			with("value", "constant", []int{2, 1, 3}, []int{0, 1, 1, 1, 0, 2}, ir.Arg{Value: ir.ScalarTensor(ir.Float32, 1.5)}),
			with("axes", "constant", []int{2, 3, 2}, []int{1, 2}, ir.Arg{}, ir.Arg{Value: ir.Ints(-2)}),
			with("cut", "constant", []int{4, 5}, []int{-1, 1, 1, -2}),
			with("reflect", "reflect", []int{3, 4}, []int{2, 1, 1, 3}),
			with("edge", "edge", []int{3, 1}, []int{1, 2, 0, 1}),
		}}
}

// counts resolves the constant inputs: how much to add before and after every axis.
func (p pad) counts(rank int, pads, axes []int) (begin, end []int, err error) {
	if axes == nil {
		for i := 0; i < rank; i++ {
			axes = append(axes, i)
		}
	}
	if len(pads) != 2*len(axes) {
		return nil, nil, fmt.Errorf("pads %v must hold two numbers for each of %d axes", pads, len(axes))
	}
	begin, end = make([]int, rank), make([]int, rank)
	for i, a := range axes {
		if a, err = normAxis(a, rank); err != nil {
			return nil, nil, err
		}
		begin[a], end[a] = pads[i], pads[i+len(axes)]
	}
	return begin, end, nil
}

func (p pad) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 4); err != nil {
		return nil, err
	}
	if err := sameDType(false, in[0], at(in, 2)); err != nil {
		return nil, err
	}
	begin, end, err := p.ofInputs(in)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	for i, d := range s {
		if begin[i] == 0 && end[i] == 0 {
			continue
		}
		if !d.Static() {
			return nil, fmt.Errorf("input %s: axis %d must be known to be padded", s, i)
		}
		if s[i].Size += begin[i] + end[i]; s[i].Size < 0 {
			return nil, fmt.Errorf("input %s: pads of %d and %d cut more than axis %d has", in[0].Shape, begin[i], end[i], i)
		}
		if err := p.fits(d.Size, begin[i], end[i]); err != nil {
			return nil, fmt.Errorf("input %s: axis %d: %w", in[0].Shape, i, err)
		}
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

// fits checks that the mode can give so many elements from an axis of n.
func (p pad) fits(n, begin, end int) error {
	switch p.Mode {
	case "constant":
	case "reflect", "edge":
		most := n
		if p.Mode == "reflect" {
			most = n - 1
		}
		if begin < 0 || end < 0 || n == 0 || p.Mode == "reflect" && max(begin, end) > most {
			return fmt.Errorf("%s padding by %d and %d needs counts from 0 to at most %d", p.Mode, begin, end, most)
		}
	default:
		return fmt.Errorf("mode %q is none of constant, reflect, edge", p.Mode)
	}
	return nil
}

func (p pad) ofInputs(in []*ir.Value) (begin, end []int, err error) {
	pads, err := constInts(in, 1, "the list of pads")
	if err != nil {
		return nil, nil, err
	}
	axes, err := constInts(in, 3, "the list of axes")
	if err != nil {
		return nil, nil, err
	}
	return p.counts(len(in[0].Shape), pads, axes)
}

// source lists, for one axis of n, the input place that each output place copies; -1 is the constant.
func (p pad) source(n, begin, end int) []int {
	idx := make([]int, begin+n+end)
	for i := range idx {
		j := i - begin
		switch {
		case j >= 0 && j < n:
		case p.Mode == "constant":
			j = -1
		case p.Mode == "edge":
			j = min(max(j, 0), n-1)
		case j < 0:
			j = -j
		default:
			j = 2*(n-1) - j
		}
		idx[i] = j
	}
	return idx
}

// Grad cuts the padding off; what edge and reflect copied is added to the copied element, axis by axis.
func (p pad) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	begin, end, _ := p.ofInputs(n.In)
	d := dy[0]
	dx := make([]*ir.Value, len(n.In))
	if p.Mode == "constant" {
		for i := range begin {
			begin[i], end[i] = -begin[i], -end[i]
		}
		dx[0] = padZeros(d, begin, end)
		return dx
	}
	x := n.In[0].Shape
	for i := range begin {
		if begin[i] != 0 || end[i] != 0 {
			d = gatherGrad(d, p.source(x[i].Size, begin[i], end[i]), i, x[i])
		}
	}
	dx[0] = d
	return dx
}

func (p pad) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, fill := in[0], 0.0
	if c := at(in, 2); c != nil {
		fill = c.Data[0]
	}
	var axes []int
	if a := at(in, 3); a != nil {
		axes = a.Int()
	}
	begin, end, err := p.counts(len(x.Dims), in[1].Int(), axes)
	if err != nil {
		panic("op: " + err.Error())
	}
	from, dims := make([][]int, len(x.Dims)), make([]int, len(x.Dims))
	for i, n := range x.Dims {
		from[i] = p.source(n, begin[i], end[i])
		dims[i] = len(from[i])
	}
	y, strides := ir.NewTensor(x.DType, dims...), ir.Strides(x.Dims)
	idx := make([]int, len(dims))
element:
	for i := range y.Data {
		off := 0
		for a, k := range idx {
			if from[a][k] < 0 {
				y.Data[i] = fill
				next(idx, dims)
				continue element
			}
			off += from[a][k] * strides[a]
		}
		y.Data[i] = x.Data[off]
		next(idx, dims)
	}
	return []*ir.Tensor{y}
}
