package pass

import (
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// views are the operators that give the same elements, in the same order, another shape.
var views = []string{"Reshape", "Squeeze", "Unsqueeze", "Flatten"}

// broadcasting are the element-wise operators of several inputs.
var broadcasting = []string{"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "And", "Or", "Xor", "Equal",
	"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Where"}

var shapeRules = []rule{
	{"Identity and, behind differentiation, StopGradient are their input", []string{"Identity", ir.Domain + ".StopGradient"}, handOn},
	{"a reshape, expansion, cast, concatenation or split to the type that is there changes nothing",
		append([]string{"Expand", "Cast", "Tile", "Concat", "Split"}, views...), dropUnchanged},
	{"a view of a view is one Reshape", views, joinViews},
	{"a transpose that keeps the order of the axes longer than 1 is a Reshape", []string{"Transpose"}, reshapeTranspose},
	{"a transpose of a transpose is one", []string{"Transpose"}, joinTransposes},
	{"an expansion of an expansion is one", []string{"Expand"}, joinExpands},
	{"an operator that broadcasts needs no expanded input", broadcasting, dropExpanded},
	{"a reduction over axes of size 1 is a Reshape", []string{"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"}, reshapeReduction},
	{"the concatenation of all pieces of a split is what was split", []string{"Concat"}, joinPieces},
	{"concatenations along one axis are one", []string{"Concat"}, flattenConcat},
	{"a split into what was concatenated gives the parts", []string{"Split"}, splitParts},
	{"a cast of a cast that loses nothing is one cast", []string{"Cast"}, joinCasts},
}

func handOn(n *ir.Node) []*ir.Value { return one(n.In[0]) }

func dropUnchanged(n *ir.Node) []*ir.Value {
	several := n.Op.Name() == "Concat" && len(n.In) > 1
	if len(n.Out) == 1 && !several && n.In[0].Type.Equal(n.Out[0].Type) {
		return one(n.In[0])
	}
	return nil
}

// reshaped is x under the shape to, or nil where a Reshape cannot say it: it takes one symbolic axis, and 0 has a meaning of its own.
func reshaped(x *ir.Value, to ir.Shape) *ir.Value {
	if x.Shape.Equal(to) {
		return x
	}
	symbols := 0
	for _, d := range slices.Concat(x.Shape, to) {
		if !d.Static() {
			symbols++
		}
		if d.Size == 0 {
			return nil
		}
	}
	if symbols > 2 {
		return nil
	}
	return op.Reshape(x, to)
}

func joinViews(n *ir.Node) []*ir.Value {
	inner := by(n.In[0], views...)
	if inner == nil {
		return nil
	}
	return one(reshaped(inner.In[0], n.Out[0].Shape))
}

// permutation is the perm of a Transpose, also where it is left out.
func permutation(n *ir.Node) []int {
	if p, ok := ir.Attribute(n.Op, "perm").([]int); ok && len(p) > 0 {
		return p
	}
	p := make([]int, len(n.In[0].Shape))
	for i := range p {
		p[i] = len(p) - 1 - i
	}
	return p
}

func reshapeTranspose(n *ir.Node) []*ir.Value {
	last := -1
	for _, a := range permutation(n) {
		if n.In[0].Shape[a].Size == 1 {
			continue
		}
		if a < last {
			return nil
		}
		last = a
	}
	return one(reshaped(n.In[0], n.Out[0].Shape))
}

func joinTransposes(n *ir.Node) []*ir.Value {
	inner := by(n.In[0], "Transpose")
	if inner == nil {
		return nil
	}
	first, perm := permutation(inner), slices.Clone(permutation(n))
	for i, a := range perm {
		perm[i] = first[a]
	}
	return one(op.Transpose(inner.In[0], perm...))
}

func joinExpands(n *ir.Node) []*ir.Value {
	inner := by(n.In[0], "Expand")
	if inner == nil || !n.Out[0].Shape.Static() {
		return nil
	}
	return one(op.Expand(inner.In[0], n.Out[0].Shape))
}

// dropExpanded replaces the first input that is repeated by what is repeated, if the other inputs give the result its shape.
func dropExpanded(n *ir.Node) []*ir.Value {
	for i, v := range n.In {
		small, number := repeated(v)
		if small == nil {
			continue
		}
		shapes := make([]ir.Shape, len(n.In))
		for k, u := range n.In {
			shapes[k] = u.Shape
		}
		shapes[i] = small.Shape
		if s, err := ir.BroadcastShapes(shapes...); err != nil || !s.Equal(n.Out[0].Shape) {
			continue
		}
		in := slices.Clone(n.In)
		if in[i] = small; number != nil {
			in[i] = op.Const(v.Graph(), number)
		}
		return []*ir.Value{ir.Apply1(n.Op, in...)}
	}
	return nil
}

// repeated is the value that v repeats: what it expands, or itself as a stand-in with the shape [] when it repeats one number, which comes second.
func repeated(v *ir.Value) (*ir.Value, *ir.Tensor) {
	if inner := by(v, "Expand"); inner != nil {
		return inner.In[0], nil
	}
	number := 0.0
	if inner := by(v, "ConstantOfShape"); inner != nil {
		for _, a := range ir.Attrs(inner.Op) {
			if t, ok := a.Value.(*ir.Tensor); ok && t != nil {
				number = t.Data[0]
			}
		}
	} else if c, ok := splat(v); ok {
		number = c
	} else {
		return nil, nil
	}
	if len(v.Shape) == 0 {
		return nil, nil
	}
	return &ir.Value{Type: ir.Type{DType: v.DType, Shape: ir.Shape{}}}, ir.ScalarTensor(v.DType, number)
}

// sameElements reports whether two shapes differ by axes of size 1 only.
func sameElements(a, b ir.Shape) bool {
	long := func(s ir.Shape) ir.Shape {
		return slices.DeleteFunc(s.Clone(), func(d ir.Dim) bool { return d.Size == 1 })
	}
	return long(a).Equal(long(b))
}

func reshapeReduction(n *ir.Node) []*ir.Value {
	if !sameElements(n.In[0].Shape, n.Out[0].Shape) {
		return nil
	}
	return one(reshaped(n.In[0], n.Out[0].Shape))
}

// axis is the axis attribute of a Concat or Split, counted from the front.
func axis(n *ir.Node) int {
	a := intAttr(n.Op, "axis")
	if a < 0 {
		a += len(n.In[0].Shape)
	}
	return a
}

func joinPieces(n *ir.Node) []*ir.Value {
	split := by(n.In[0], "Split")
	if split == nil || !slices.Equal(n.In, split.Out) || axis(n) != axis(split) {
		return nil
	}
	return one(split.In[0])
}

func flattenConcat(n *ir.Node) []*ir.Value {
	var parts []*ir.Value
	for _, v := range n.In {
		if inner := by(v, "Concat"); inner != nil && axis(inner) == axis(n) {
			parts = append(parts, inner.In...)
		} else {
			parts = append(parts, v)
		}
	}
	if len(parts) == len(n.In) {
		return nil
	}
	return one(op.Concat(axis(n), parts...))
}

func splitParts(n *ir.Node) []*ir.Value {
	concat := by(n.In[0], "Concat")
	if concat == nil || len(concat.In) != len(n.Out) || axis(concat) != axis(n) {
		return nil
	}
	for i, v := range concat.In {
		if !v.Type.Equal(n.Out[i].Type) {
			return nil
		}
	}
	return slices.Clone(concat.In)
}

// wider tells which types hold every number of a type.
var wider = map[ir.DType][]ir.DType{
	ir.Bool:     {ir.Float32, ir.Float64, ir.BFloat16, ir.Float16, ir.Int64, ir.Int32, ir.Uint8},
	ir.Uint8:    {ir.Float32, ir.Float64, ir.BFloat16, ir.Float16, ir.Int64, ir.Int32},
	ir.Int32:    {ir.Float64, ir.Int64},
	ir.BFloat16: {ir.Float32, ir.Float64},
	ir.Float16:  {ir.Float32, ir.Float64},
	ir.Float32:  {ir.Float64},
}

func joinCasts(n *ir.Node) []*ir.Value {
	inner := by(n.In[0], "Cast")
	if inner == nil || !slices.Contains(wider[inner.In[0].DType], inner.Out[0].DType) {
		return nil
	}
	return one(op.Cast(inner.In[0], n.Out[0].DType))
}
