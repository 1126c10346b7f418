package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ResizeOptions are the attributes of Resize, by their ONNX names. Empty strings and a zero Cubic mean ONNX's defaults: mode nearest, coordinates half_pixel, nearest round_prefer_floor,
// cubic coefficient -0.75.
type ResizeOptions struct {
	Mode, Coordinates, Nearest string
	Cubic                      float64
	Antialias, ExcludeOutside  bool
}

// Resize samples x anew so that the given axes get the given sizes.
func Resize(x *ir.Value, axes, sizes []int, o ResizeOptions) *ir.Value {
	r := newResize()
	r.Axes, r.Antialias, r.ExcludeOutside = axes, o.Antialias, o.ExcludeOutside
	for _, s := range []struct {
		to   *string
		from string
	}{{&r.Mode, o.Mode}, {&r.Coordinates, o.Coordinates}, {&r.Nearest, o.Nearest}} {
		if s.from != "" {
			*s.to = s.from
		}
	}
	if o.Cubic != 0 {
		r.Cubic = o.Cubic
	}
	return ir.Apply1(r, x, nil, nil, ConstInts(x.Graph(), sizes...))
}

type resize struct {
	Antialias      bool    `attr:"antialias,omitempty"`
	Axes           []int   `attr:"axes,omitempty"`
	Coordinates    string  `attr:"coordinate_transformation_mode"`
	Cubic          float64 `attr:"cubic_coeff_a"`
	ExcludeOutside bool    `attr:"exclude_outside,omitempty"`
	Extrapolation  float64 `attr:"extrapolation_value,omitempty"`
	Policy         string  `attr:"keep_aspect_ratio_policy,omitempty"`
	Mode           string  `attr:"mode"`
	Nearest        string  `attr:"nearest_mode"`
}

func newResize() resize {
	return resize{Coordinates: "half_pixel", Cubic: -0.75, Mode: "nearest", Nearest: "round_prefer_floor"}
}

var _ = register(newResize())

func (resize) Name() string { return "Resize" }

func (resize) Doc() ir.Doc {
	with := func(label string, change func(*resize), x, sizes []int) ir.Sample {
		o := newResize()
		o.Axes = []int{2, -1}
		change(&o)
		return ir.Sample{Label: label, Op: o, In: []ir.Arg{{Dims: x}, {}, {}, {Value: ir.Ints(sizes...)}}}
	}
	up, down := []int{1, 2, 3, 4}, []int{2, 1, 6, 5}
	return ir.Doc{Text: "Sample anew along axes: nearest, linear or cubic, with ONNX's coordinate modes. It is a product with one sparse matrix for each axis, whose transpose the gradient uses.", Samples: []ir.Sample{
		with("nearest", func(*resize) {}, up, []int{6, 5}),
		with("linear", func(o *resize) { o.Mode = "linear" }, up, []int{5, 7}),
		with("corners", func(o *resize) { o.Mode, o.Coordinates = "linear", "align_corners" }, down, []int{3, 3}),
		with("cubic", func(o *resize) { o.Mode = "cubic" }, up, []int{6, 8}),
		with("smooth", func(o *resize) { o.Mode, o.Antialias = "linear", true }, down, []int{3, 2}),
	}}
}

func (o resize) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 4); err != nil {
		return nil, err
	}
	t := make([]*ir.Tensor, 4)
	for i := 1; i < len(in); i++ {
		if in[i] == nil {
			continue
		}
		if t[i] = in[i].Const(); t[i] == nil {
			return nil, fmt.Errorf("roi, scales and sizes must be constant")
		}
	}
	axes, err := o.resolve(in[0].Shape, t)
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", in[0].Shape, err)
	}
	s := in[0].Shape.Clone()
	for _, a := range axes {
		s[a.axis].Size = a.out
	}
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

// Grad multiplies with the transposed matrix of each axis.
func (o resize) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	t := make([]*ir.Tensor, 4)
	for i := 1; i < len(n.In); i++ {
		t[i] = n.In[i].Const()
	}
	axes, _ := o.resolve(n.In[0].Shape, t)
	d := dy[0]
	for _, a := range axes {
		perm := make([]int, len(d.Shape))
		for i := range perm {
			perm[i] = i
		}
		last := len(perm) - 1
		perm[a.axis], perm[last] = last, a.axis
		m, _ := o.matrix(a)
		w := Const(d.Graph(), &ir.Tensor{DType: d.DType, Dims: []int{a.out, a.in}, Data: m})
		if a.axis != last {
			d = Transpose(MatMul(Transpose(d, perm...), w), perm...)
		} else {
			d = MatMul(d, w)
		}
	}
	dx := make([]*ir.Value, len(n.In))
	dx[0] = d
	return dx
}

func (o resize) Eval(in []*ir.Tensor) []*ir.Tensor {
	y := in[0]
	t := make([]*ir.Tensor, 4)
	copy(t[1:], in[1:])
	axes, err := o.resolve(ir.Dims(y.Dims...), t)
	if err != nil {
		panic("op: " + err.Error())
	}
	outside := make([][]bool, len(axes))
	for i, a := range axes {
		var m []float64
		m, outside[i] = o.matrix(a)
		y = multiplyAxis(y, m, a)
	}
	idx := make([]int, len(y.Dims))
	for i := range y.Data {
		for k, a := range axes {
			if outside[k][idx[a.axis]] {
				y.Data[i] = o.Extrapolation
			}
		}
		next(idx, y.Dims)
	}
	return []*ir.Tensor{y}
}

// multiplyAxis replaces each line v of x along an axis by m·v.
func multiplyAxis(x *ir.Tensor, m []float64, a resizedAxis) *ir.Tensor {
	dims := append([]int{}, x.Dims...)
	dims[a.axis] = a.out
	y := ir.NewTensor(x.DType, dims...)
	inner := ir.Dims(dims[a.axis+1:]...).Elems()
	for i := range y.Data {
		o := i / inner % a.out
		first := i/inner/a.out*a.in*inner + i%inner
		for k, w := range m[o*a.in : (o+1)*a.in] {
			if w != 0 {
				y.Data[i] += w * x.Data[first+k*inner]
			}
		}
	}
	return y
}
