package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// GemmOptions are the attributes of a Gemm. Alpha and Beta of 0 mean 1, ONNX's default.
type GemmOptions struct {
	Alpha, Beta    float64
	TransA, TransB bool
}

// Gemm is alpha·a'·b' + beta·c for matrices, where a' and b' are transposed as the options say and c, which may be nil, broadcasts.
//
// Shapes: a' [M, K], b' [K, N], c anything that broadcasts to [M, N]; result [M, N].
func Gemm(a, b, c *ir.Value, o GemmOptions) *ir.Value {
	g := gemm(o)
	if g.Alpha == 0 {
		g.Alpha = 1
	}
	if g.Beta == 0 {
		g.Beta = 1
	}
	return ir.Apply1(g, a, b, c)
}

type gemm struct {
	Alpha  float64 `attr:"alpha"`
	Beta   float64 `attr:"beta"`
	TransA bool    `attr:"transA"`
	TransB bool    `attr:"transB"`
}

var _ = register(gemm{Alpha: 1, Beta: 1})

func (gemm) Name() string { return "Gemm" }

func (gemm) Doc() ir.Doc {
	with := func(label string, g gemm, a, b, c []int) ir.Sample {
		s := ir.Sample{Label: label, Op: g, In: []ir.Arg{{Dims: a}, {Dims: b}, {}}}
		if c != nil {
			s.In[2].Dims = c
		}
		return s
	}
	return ir.Doc{Text: "alpha·a·b + beta·c for matrices; a and b may be given transposed, c broadcasts.", Samples: []ir.Sample{
		with("plain", gemm{1, 1, false, false}, []int{3, 4}, []int{4, 5}, nil),
		with("linear", gemm{1, 1, false, true}, []int{3, 4}, []int{5, 4}, []int{5}),
		with("left", gemm{0.5, 2, true, false}, []int{4, 3}, []int{4, 5}, []int{3, 1}),
		with("both", gemm{0.5, 1, true, true}, []int{4, 1}, []int{5, 4}, []int{1, 5}),
	}}
}

// sizes are M, K and N.
func (g gemm) sizes(a, b ir.Shape) (m, k, n ir.Dim, err error) {
	if len(a) != 2 || len(b) != 2 {
		return m, k, n, fmt.Errorf("%s and %s must both be matrices", a, b)
	}
	m, k, n = a[0], a[1], b[1]
	if g.TransA {
		m, k = k, m
	}
	inner := b[0]
	if g.TransB {
		inner, n = n, inner
	}
	if !k.Equal(inner) {
		form := fmt.Sprintf("[%s, …]", k)
		if g.TransB {
			form = fmt.Sprintf("[…, %s]", k)
		}
		err = fmt.Errorf("%s and %s do not multiply (transA=%t, transB=%t): sums run over %s and %s; a right side of %s would fit",
			a, b, g.TransA, g.TransB, k, inner, form)
	}
	return m, k, n, err
}

func (g gemm) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 3); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	m, _, n, err := g.sizes(in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, err
	}
	out := ir.Shape{m, n}
	if c := at(in, 2); c != nil {
		if s, err := ir.BroadcastShapes(c.Shape, out); err != nil || !s.Equal(out) {
			return nil, fmt.Errorf("the summand %s does not broadcast to the product %s", c.Shape, out)
		}
	}
	return []ir.Type{{DType: in[0].DType, Shape: out}}, nil
}

// FLOPs counts a multiplication and an addition for each element of the inner axis and the result.
func (g gemm) FLOPs(n *ir.Node) int64 {
	_, k, _, _ := g.sizes(n.In[0].Shape, n.In[1].Shape)
	return 2 * n.Out[0].Shape.Size() * ir.Shape{k}.Size()
}

func (g gemm) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	a, b, d := n.In[0], n.In[1], dy[0]
	o := func(ta, tb bool) GemmOptions { return GemmOptions{Alpha: g.Alpha, TransA: ta, TransB: tb} }
	da, db := Gemm(d, b, nil, o(false, !g.TransB)), Gemm(a, d, nil, o(!g.TransA, false))
	if g.TransA {
		da = Gemm(b, d, nil, o(g.TransB, true))
	}
	if g.TransB {
		db = Gemm(d, a, nil, o(true, g.TransA))
	}
	dx := []*ir.Value{da, db}
	if len(n.In) > 2 {
		dc := d
		if g.Beta != 1 {
			dc = Mul(d, Scalar(d, g.Beta))
		}
		dx = append(dx, dc)
	}
	return dx
}

func (g gemm) Eval(in []*ir.Tensor) []*ir.Tensor {
	a, b := in[0], in[1]
	if g.TransA {
		a = transpose{}.Eval(in[:1])[0]
	}
	if g.TransB {
		b = transpose{}.Eval(in[1:2])[0]
	}
	y := matMul{}.Eval([]*ir.Tensor{a, b})[0]
	c := at(in, 2)
	if c == nil {
		c = ir.ScalarTensor(y.DType, 0)
	}
	return evalBinary(y, c, ir.Invalid, func(p, q float64) float64 { return g.Alpha*p + g.Beta*q })
}
