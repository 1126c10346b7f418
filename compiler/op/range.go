package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// Range is the vector start, start+delta, … up to, without, limit.
func Range(g *ir.Graph, d ir.DType, start, limit, delta float64) *ir.Value {
	number := func(x float64) *ir.Value { return Const(g, ir.ScalarTensor(d, x)) }
	return ir.Apply1(rangeOp{}, number(start), number(limit), number(delta))
}

type rangeOp struct{}

var _ = register(rangeOp{})

func (rangeOp) Name() string { return "Range" }

func (rangeOp) Doc() ir.Doc {
	with := func(label string, d ir.DType, v ...float64) ir.Sample {
		s := ir.Sample{Label: label, Op: rangeOp{}, NoGrad: "its inputs are constants"}
		for _, x := range v {
			s.In = append(s.In, ir.Arg{Value: ir.ScalarTensor(d, x)})
		}
		return s
	}
	return ir.Doc{Text: "Evenly spaced numbers from start to limit (exclusive).", Samples: []ir.Sample{
		with("up", ir.Int64, 2, 9, 3), with("down", ir.Float32, 1, -1, -0.5), with("one", ir.Int64, 0, 1, 1), with("none", ir.Int64, 3, 3, 1),
	}}
}

func (o rangeOp) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	t := make([]*ir.Tensor, 3)
	for i, v := range in {
		if t[i] = v.Const(); t[i] == nil || len(t[i].Data) != 1 {
			return nil, fmt.Errorf("start, limit and delta must be constant numbers, got %s", v.Type)
		}
	}
	if t[2].Data[0] == 0 {
		return nil, fmt.Errorf("a delta of 0")
	}
	return []ir.Type{{DType: in[0].DType, Shape: ir.Dims(o.count(t))}}, nil
}

func (rangeOp) count(t []*ir.Tensor) int {
	return int(max(math.Ceil((t[1].Data[0]-t[0].Data[0])/t[2].Data[0]), 0))
}

func (rangeOp) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o rangeOp) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := ir.NewTensor(in[0].DType, o.count(in))
	for i := range y.Data {
		y.Data[i] = in[0].Data[0] + float64(i)*in[2].Data[0]
	}
	return []*ir.Tensor{y}
}
