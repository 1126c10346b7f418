package op

import (
	"math"

	"ssc/compiler/ir"
)

// Pow is a^b with broadcasting; the result has a's element type.
func Pow(a, b *ir.Value) *ir.Value { return ir.Apply1(pow{}, a, b) }

type pow struct{}

var _ = register(pow{})

func (pow) Name() string { return "Pow" }

func (pow) Doc() ir.Doc {
	return ir.Doc{Text: "a^b, element by element, with broadcasting. The element types may differ; the result has a's. The gradient of a is " +
		"dy · b · a^(b-1), and 0 where b is 0; that of b is dy · y · ln a, and 0 where a is 0.",
		Samples: []ir.Sample{
			{Label: "equal", Op: pow{}, In: []ir.Arg{{Dims: []int{3, 4}, Lo: 0.3, Hi: 2}, {Dims: []int{3, 4}, Lo: -2, Hi: 2}}},
			{Label: "both", Op: pow{}, In: []ir.Arg{{Dims: []int{3, 1}, Lo: 0.3, Hi: 2}, {Dims: []int{4}, Lo: -2, Hi: 2}}},
			{Label: "square", Op: pow{}, In: []ir.Arg{{Dims: []int{2, 5}}, {Value: ir.ScalarTensor(ir.Float32, 2)}}},
			{Label: "int_exponent", Op: pow{}, In: []ir.Arg{{Dims: []int{2, 5}}, {Value: ir.ScalarTensor(ir.Int64, 3)}}},
		}}
}

func (pow) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if err := numeric(in...); err != nil {
		return nil, err
	}
	s, err := ir.BroadcastShapes(in[0].Shape, in[1].Shape)
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

// Neutral is 1: on the right, it leaves the other input as it is.
func (pow) Neutral() (number float64, left bool) { return 1, false }

func (pow) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	a, b := n.In[0], Cast(n.In[1], n.In[0].DType)
	zero, one := Scalar(a, 0), Scalar(a, 1)
	slope := Mul(b, Pow(a, Sub(b, one)))
	da := Mul(dy[0], Where(Equal(b, zero), zero, slope))
	if !n.In[1].DType.IsFloat() || n.In[1].Const() != nil {
		return []*ir.Value{da, nil}
	}
	db := Mul(dy[0], Mul(n.Out[0], Log(Where(Equal(a, zero), one, a))))
	return []*ir.Value{da, Cast(db, n.In[1].DType)}
}

func (pow) Eval(in []*ir.Tensor) []*ir.Tensor {
	return evalBinary(in[0], in[1], ir.Invalid, func(x, y float64) float64 {
		if in[0].DType.IsFloat() {
			return math.Pow(x, y)
		}
		return math.Trunc(math.Pow(x, y))
	})
}
