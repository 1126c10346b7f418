package op

import (
	"math"

	"ssc/compiler/ir"
)

// Shape is the shape of x as an int64 vector. Builders that take a shape need a constant, which this becomes when it is folded.
func Shape(x *ir.Value) *ir.Value { return ir.Apply1(shape{}, x) }

type shape struct {
	Start int `attr:"start"`
	End   int `attr:"end,omitempty"` // 0, ONNX's absent value, means to the end
}

var _ = register(shape{})

func (shape) Name() string { return "Shape" }

func (shape) Doc() ir.Doc {
	return ir.Doc{Text: "The sizes of the axes from start to end (exclusive; all when absent) as an int64 vector.", Samples: []ir.Sample{
		{Label: "all", Op: shape{}, In: []ir.Arg{{Dims: []int{2, 1, 3}}}},
		{Label: "part", Op: shape{1, -1}, In: []ir.Arg{{Dims: []int{2, 5, 3}}}},
	}}
}

// part is the range of axes that is asked for.
func (o shape) part(rank int) cut {
	end := o.End
	if end == 0 {
		end = math.MaxInt32
	}
	return newCut(o.Start, end, 1, rank)
}

func (o shape) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	return []ir.Type{{DType: ir.Int64, Shape: ir.Dims(o.part(len(in[0].Shape)).n)}}, nil
}

func (shape) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (o shape) Eval(in []*ir.Tensor) []*ir.Tensor {
	c := o.part(len(in[0].Dims))
	return []*ir.Tensor{ir.Ints(in[0].Dims[c.start : c.start+c.n]...)}
}
