package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// MatMul is the matrix product over the last two axes; the axes before them broadcast. A vector on the left is a row, on the right a column,
// and its axis does not appear in the result.
func MatMul(a, b *ir.Value) *ir.Value { return ir.Apply1(matMul{}, a, b) }

type matMul struct{}

var _ = register(matMul{})

func (matMul) Name() string { return "MatMul" }

func (matMul) Doc() ir.Doc {
	with := func(label string, a, b []int) ir.Sample {
		return ir.Sample{Label: label, Op: matMul{}, In: []ir.Arg{{Dims: a}, {Dims: b}}}
	}
	return ir.Doc{Text: "Matrix product a·b over the last two axes, with broadcasting of the others, as numpy.matmul.", Samples: []ir.Sample{
		with("matrices", []int{3, 4}, []int{4, 5}), with("thin", []int{3, 1}, []int{1, 2}),
		with("batch", []int{2, 3, 4}, []int{2, 4, 5}), with("shared right", []int{2, 2, 3, 4}, []int{4, 5}),
		with("shared left", []int{3, 4}, []int{2, 4, 5}), with("both ways", []int{2, 1, 3, 4}, []int{3, 4, 2}),
		with("row", []int{4}, []int{4, 5}), with("column", []int{2, 3, 4}, []int{4}), with("dot", []int{4}, []int{4}),
		with("row of batch", []int{4}, []int{2, 4, 3}),
	}}
}

func (matMul) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if err := sameDType(false, in...); err != nil {
		return nil, err
	}
	s, err := matMulShape(in[0].Shape, in[1].Shape)
	return []ir.Type{{DType: in[0].DType, Shape: s}}, err
}

func matMulShape(a, b ir.Shape) (ir.Shape, error) {
	if len(a) == 0 || len(b) == 0 {
		return nil, fmt.Errorf("%s and %s: a scalar has no matrix product", a, b)
	}
	m, n := matrixForm(a, b)
	inner, have := m[len(m)-1], n[len(n)-2]
	if !inner.Equal(have) {
		return nil, fmt.Errorf("%s and %s do not multiply: the left has %s columns, the right %s rows; the right must be [%s, …]", a, b, inner, have, inner)
	}
	out, err := ir.BroadcastShapes(m[:len(m)-2], n[:len(n)-2])
	if err != nil {
		return nil, err
	}
	if len(a) > 1 {
		out = append(out, m[len(m)-2])
	}
	if len(b) > 1 {
		out = append(out, n[len(n)-1])
	}
	return out, nil
}

// matrixForm gives vectors their second axis: a row on the left, a column on the right.
func matrixForm(a, b ir.Shape) (ir.Shape, ir.Shape) {
	if len(a) == 1 {
		a = ir.Shape{{Size: 1}, a[0]}
	}
	if len(b) == 1 {
		b = ir.Shape{b[0], {Size: 1}}
	}
	return a, b
}

// FLOPs counts a multiplication and an addition for each element of the inner axis and the result.
func (matMul) FLOPs(n *ir.Node) int64 {
	a := n.In[0].Shape
	return 2 * n.Out[0].Shape.Size() * a[len(a)-1:].Size()
}

func (matMul) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	a, b, d := n.In[0], n.In[1], dy[0]
	as, bs := a.Shape, b.Shape
	if len(bs) == 1 {
		b, d = Unsqueeze(b, 1), Unsqueeze(d, -1)
	}
	if len(as) == 1 {
		a, d = Unsqueeze(a, 0), Unsqueeze(d, -2)
	}
	da, db := MatMul(d, swapLast(b)), (*ir.Value)(nil)
	if len(b.Shape) == 2 && len(a.Shape) > 2 && a.Shape.Static() {
		db = gramOfRows(a, d)
	} else {
		db = MatMul(swapLast(a), d)
	}
	if len(as) == 1 {
		da = SumTo(da, ir.Shape{{Size: 1}, as[0]})
		da = Reshape(da, as)
	}
	if len(bs) == 1 {
		db = Reshape(SumTo(db, ir.Shape{bs[0], {Size: 1}}), bs)
	}
	return []*ir.Value{da, db}
}

// swapLast transposes the last two axes. ONNX Runtime fuses it into the product that reads it.
func swapLast(x *ir.Value) *ir.Value {
	perm := make([]int, len(x.Shape))
	for i := range perm {
		perm[i] = i
	}
	n := len(perm)
	perm[n-1], perm[n-2] = n-2, n-1
	return Transpose(x, perm...)
}

// gramOfRows is aᵀ·d summed over the batch axes, as one product over all rows instead of a batch of products and a sum.
func gramOfRows(a, d *ir.Value) *ir.Value {
	return Gemm(rows(a), rows(d), nil, GemmOptions{TransA: true})
}

// rows joins all axes but the last.
func rows(x *ir.Value) *ir.Value {
	last := len(x.Shape) - 1
	return Reshape(x, ir.Shape{{Size: x.Shape[:last].Elems()}, x.Shape[last]})
}

func (matMul) Eval(in []*ir.Tensor) []*ir.Tensor {
	sa, sb := ir.Dims(in[0].Dims...), ir.Dims(in[1].Dims...)
	s, err := matMulShape(sa, sb)
	if err != nil {
		panic("op: " + err.Error())
	}
	ma, mb := matrixForm(sa, sb)
	a, b := ma.Sizes(), mb.Sizes()
	lead, _ := ir.BroadcastShapes(ma[:len(a)-2], mb[:len(b)-2])
	batch := lead.Sizes()
	rows, depth, cols := a[len(a)-2], a[len(a)-1], b[len(b)-1]
	ta, tb := broadcastStrides(a[:len(a)-2], batch), broadcastStrides(b[:len(b)-2], batch)
	y := ir.NewTensor(in[0].DType, s.Sizes()...)
	idx := make([]int, len(batch))
	for o := 0; o < len(y.Data); o += rows * cols {
		x, w := in[0].Data[offset(idx, ta)*rows*depth:], in[1].Data[offset(idx, tb)*depth*cols:]
		for i := 0; i < rows; i++ {
			to := y.Data[o+i*cols : o+(i+1)*cols]
			for k := 0; k < depth; k++ {
				for j := range to {
					to[j] += x[i*depth+k] * w[k*cols+j]
				}
			}
		}
		next(idx, batch)
	}
	return []*ir.Tensor{y}
}
