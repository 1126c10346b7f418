package op

import (
	"fmt"
	"math"

	"ssc/compiler/ir"
)

// Cast converts x to another element type. It is x itself when x has that type already.
func Cast(x *ir.Value, to ir.DType) *ir.Value {
	if x.Valid() && x.DType == to {
		return x
	}
	return ir.Apply1(cast{To: to}, x)
}

type cast struct {
	To ir.DType `attr:"to"`
}

var _ = register(cast{To: ir.Float32})

func (cast) Name() string { return "Cast" }

func (cast) Doc() ir.Doc {
	sample := func(label string, to ir.DType, x ir.Arg) ir.Sample {
		return ir.Sample{Label: label, Op: cast{To: to}, In: []ir.Arg{x}}
	}
	return ir.Doc{Text: "x as another element type. A float becomes an integer by truncation towards 0; a number becomes true unless it is 0; " +
		"a bool becomes 0 or 1. What the new type cannot hold is undefined for integers. The reference evaluator rounds to bfloat16, the " +
		"nearest number and of two the even one, and to no other narrower float. The gradient goes back from float to float only.",
		Samples: []ir.Sample{
			sample("truncate", ir.Int64, ir.Arg{Dims: []int{3, 4}, Lo: -3, Hi: 3}),
			sample("widen", ir.Float64, ir.Arg{Dims: []int{3, 1}}),
			sample("from_int", ir.Float32, ir.Arg{Dims: []int{2, 3}, DType: ir.Int64, Lo: -5, Hi: 5}),
			sample("from_bool", ir.Float32, ir.Arg{Dims: []int{2, 3}, DType: ir.Bool}),
			sample("to_bool", ir.Bool, ir.Arg{Dims: []int{2, 3}, DType: ir.Int64, Lo: -1, Hi: 2}),
			{Label: "round", Op: cast{To: ir.BFloat16}, In: []ir.Arg{{Dims: []int{4, 5}, Lo: -3, Hi: 3}}, NoGrad: "rounding has no slope"},
			{Label: "halfway", Op: cast{To: ir.BFloat16}, In: []ir.Arg{{Value: halfway}}, NoGrad: "rounding has no slope"},
			{Label: "from_bfloat16", Op: cast{To: ir.Float32}, In: []ir.Arg{{Dims: []int{2, 3}, DType: ir.BFloat16}}, NoGrad: "its gradient is rounded"},
		}}
}

// halfway holds numbers in the middle between two of bfloat16, and those at the ends of its range.
var halfway = ir.Floats(ir.Float32, []int{8}, 1+1.0/256, 1+3.0/256, -1-1.0/256, math.MaxFloat32, -math.MaxFloat32, 0x1p-133, 0x1p-134, 0x3p-134)

func (c cast) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if c.To == ir.Invalid {
		return nil, fmt.Errorf("casting %s to no element type", in[0].Type)
	}
	return []ir.Type{{DType: c.To, Shape: in[0].Shape}}, nil
}

// Elementwise marks that an element of the result depends on the elements at its place alone.
func (cast) Elementwise() {}

func (c cast) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	if !c.To.IsFloat() || !n.In[0].DType.IsFloat() {
		return nil
	}
	return []*ir.Value{Cast(dy[0], n.In[0].DType)}
}

func (c cast) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := evalUnary(in[0], func(x float64) float64 {
		switch {
		case c.To == ir.Bool:
			return number(x != 0)
		case c.To == ir.BFloat16:
			return ir.RoundBFloat16(x)
		case c.To.IsFloat():
			return x
		}
		return math.Trunc(x)
	})
	y[0].DType = c.To
	return y
}
