package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// Gather picks slices of x along an axis: the axis is replaced by the axes of indices, which are integers, negative ones counting from the end.
func Gather(x, indices *ir.Value, axis int) *ir.Value {
	return ir.Apply1(gather{axis}, x, indices)
}

type gather struct {
	Axis int `attr:"axis"`
}

var _ = register(gather{})

func (gather) Name() string { return "Gather" }

func (gather) Doc() ir.Doc {
	index := func(hi float64, dims ...int) ir.Arg { return ir.Arg{Dims: dims, DType: ir.Int64, Lo: -hi, Hi: hi} }
	return ir.Doc{Text: "Slices of the first input along an axis, picked by the integers of the second; indices outside the axis are an error.", Samples: []ir.Sample{
		{Label: "rows", Op: gather{0}, In: []ir.Arg{{Dims: []int{4, 3}}, index(4, 5)}},
		{Label: "columns", Op: gather{-1}, In: []ir.Arg{{Dims: []int{2, 3, 4}}, index(4, 2, 2)}},
		{Label: "one", Op: gather{1}, In: []ir.Arg{{Dims: []int{2, 3, 1}}, {Value: ir.ScalarTensor(ir.Int64, -1)}}},
	}}
}

func (o gather) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	x, idx := in[0].Shape, in[1]
	axis, err := normAxis(o.Axis, len(x))
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", x, err)
	}
	if err := integers(idx); err != nil {
		return nil, err
	}
	if t := idx.Const(); t != nil && x[axis].Static() {
		for _, i := range t.Int() {
			if i < -x[axis].Size || i >= x[axis].Size {
				return nil, fmt.Errorf("index %d is outside axis %d of %s", i, axis, x)
			}
		}
	}
	s := append(x[:axis].Clone(), idx.Shape...)
	return []ir.Type{{DType: in[0].DType, Shape: append(s, x[axis+1:]...)}}, nil
}

// integers checks the element type of indices.
func integers(v *ir.Value) error {
	if v.DType != ir.Int64 && v.DType != ir.Int32 {
		return fmt.Errorf("indices must be i64 or i32, got %s", v.Type)
	}
	return nil
}

func (o gather) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	axis, _ := normAxis(o.Axis, len(n.In[0].Shape))
	return []*ir.Value{scatterAlong(dy[0], n.In[1], axis, n.In[0].Shape[axis]), nil}
}

// gatherGrad is scatterAlong for indices known now.
func gatherGrad(d *ir.Value, indices []int, axis int, size ir.Dim) *ir.Value {
	return scatterAlong(d, ConstInts(d.Graph(), indices...), axis, size)
}

// scatterAlong adds the slices of d, whose axes from axis on are those of indices, to zeros of the given size along that axis, at the
// places that indices name.
func scatterAlong(d, indices *ir.Value, axis int, size ir.Dim) *ir.Value {
	q := len(indices.Shape)
	forth, back := []int{}, []int{}
	for i := 0; i < q; i++ {
		forth = append(forth, axis+i)
	}
	for i := range d.Shape {
		if i < axis || i >= axis+q {
			forth = append(forth, i)
		}
	}
	for i := 0; i < axis; i++ {
		back = append(back, i+1)
	}
	back = append(back, 0)
	for i := axis + 1; i < len(d.Shape)-q+1; i++ {
		back = append(back, i)
	}
	if axis > 0 {
		d = Transpose(d, forth...)
	}
	to := append(ir.Shape{size}, d.Shape[q:]...)
	if indices.DType != ir.Int64 {
		indices = Cast(indices, ir.Int64)
	}
	zeros := ConstantOfShape(d.Graph(), d.DType, to, 0)
	y := ScatterND(zeros, Unsqueeze(indices, -1), d, "add")
	if axis > 0 {
		y = Transpose(y, back...)
	}
	return y
}

func (o gather) Eval(in []*ir.Tensor) []*ir.Tensor {
	x, idx := in[0], in[1].Int()
	axis, err := normAxis(o.Axis, len(x.Dims))
	if err != nil {
		panic("op: " + err.Error())
	}
	dims := append(append([]int{}, x.Dims[:axis]...), in[1].Dims...)
	y := ir.NewTensor(x.DType, append(dims, x.Dims[axis+1:]...)...)
	inner, n, pos := ir.Dims(x.Dims[axis+1:]...).Elems(), x.Dims[axis], 0
	for o := 0; o < ir.Dims(x.Dims[:axis]...).Elems(); o++ {
		for _, i := range idx {
			first := (o*n + (i+n)%n) * inner
			pos += copy(y.Data[pos:], x.Data[first:first+inner])
		}
	}
	return []*ir.Tensor{y}
}
