package nn

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/plan"
)

// Conv describes a convolution layer without its input.
type Conv struct {
	Out                 int // channels
	Kernel, Stride, Pad int // the same for both axes
	Dilation, Groups    int // 0 means 1
	Bias                bool
	Init                *plan.Init // nil: Kaiming normal over fan_out
}

// Conv2d applies a convolution with parameters weight [out, in/groups, k, k] and, when asked for, bias [out]. Shapes: x [batch, channel, height,
// width] to [batch, out, height', width'].
func Conv2d(s Scope, x *ir.Value, c Conv) *ir.Value {
	defer s.Enter()()
	g, d := max(c.Groups, 1), max(c.Dilation, 1)
	if !rank(x, 4, "a convolution") {
		return s.B.Failed()
	}
	in := x.Shape[1].Size
	if in%g != 0 || c.Out%g != 0 {
		s.B.G.Errorf("Shape mismatch", "A convolution with %d groups needs channel counts divisible by %d; the input is %s and the output has %d channels.", g, g, x.Shape, c.Out)
		return s.B.Failed()
	}
	shape := ir.Named("out", c.Out, "in", in/g, "kernel", c.Kernel, "kernel", c.Kernel)
	init := KaimingNormal(c.Out * c.Kernel * c.Kernel) // with groups too: PyTorch counts all outputs
	if c.Init != nil {
		init = *c.Init
	}
	w := s.Param("weight", shape, init)
	var b *ir.Value
	if c.Bias {
		b = s.Param("bias", ir.Named("out", c.Out), LinearDefault(in/g*c.Kernel*c.Kernel))
	}
	y := fn.Conv(x, w, b, op.ConvOptions{Strides: two(c.Stride), Pads: []int{c.Pad, c.Pad, c.Pad, c.Pad}, Dilations: two(d), Group: g})
	return y
}

func two(n int) []int { return []int{n, n} }

// rank checks the number of axes, once, with a message for people.
func rank(x *ir.Value, n int, what string) bool {
	if !x.Valid() {
		return false
	}
	if len(x.Shape) != n {
		x.Graph().Errorf("Shape mismatch", "The input of %s must have %d axes, but it is %s.", what, n, x.Shape)
		return false
	}
	return true
}

// Linear is x·Wᵀ + b with weight [out, in] and bias [out]. Shapes: x [batch, in] to [batch, out].
func Linear(s Scope, x *ir.Value, out int, bias bool, init *plan.Init) *ir.Value {
	defer s.Enter()()
	if !rank(x, 2, "a linear layer") {
		return s.B.Failed()
	}
	in := x.Shape[1].Size
	wi := LinearDefault(in)
	if init != nil {
		wi = *init
	}
	w := s.Param("weight", ir.Named("out", out, "in", in), wi)
	var b *ir.Value
	if bias {
		bi := LinearDefault(in)
		if init != nil {
			bi = Constant(0)
		}
		b = s.Param("bias", ir.Named("out", out), bi)
	}
	y := op.Gemm(x, w, b, op.GemmOptions{Alpha: 1, Beta: 1, TransB: true})
	if y.Valid() {
		y.Shape[1].Name = "dim"
	}
	return y
}

// AvgPool averages a feature map to size×size cells, which must divide the map evenly or equal it. Shapes: [batch, channel, height, width] to [batch,
// channel, size, size].
func AvgPool(x *ir.Value, size int) *ir.Value {
	if !rank(x, 4, "average pooling") {
		return x.Graph().InvalidValue()
	}
	h, w := x.Shape[2].Size, x.Shape[3].Size
	switch {
	case h == size && w == size:
		return x
	case h%size == 0 && w%size == 0:
		return fn.AveragePool(x, []int{h / size, w / size})
	}
	return averages(x, cells(h, size), cells(w, size))
}

// AvgDown averages windows of size×size that lie side by side; at the far edges they end with the map: PyTorch's AvgPool2d with ceil_mode and without padding in its count. Shapes: [batch, channel,
// height, width] to [batch, channel, ⌈height/size⌉, ⌈width/size⌉].
func AvgDown(x *ir.Value, size int) *ir.Value {
	if !rank(x, 4, "average pooling") {
		return x.Graph().InvalidValue()
	}
	h, w := x.Shape[2].Size, x.Shape[3].Size
	if h%size == 0 && w%size == 0 {
		return fn.AveragePool(x, []int{size, size})
	}
	return averages(x, windows(h, size), windows(w, size))
}

// windows are the ends of windows of the size that lie side by side over n numbers.
func windows(n, size int) (spans [][2]int) {
	for i := 0; i < n; i += size {
		spans = append(spans, [2]int{i, min(i+size, n)})
	}
	return spans
}

// Sobel is the mean over the channels, differentiated to the left and upwards: correlated with [[1 0 -1] [2 0 -2] [1 0 -1]] and [[1 2 1] [0 0 0] [-1 -2 -1]], over an edge of zeros. Shapes: [batch,
// channel, height, width] to [batch, 2, height, width].
func Sobel(x *ir.Value) *ir.Value {
	if !rank(x, 4, "a Sobel filter") {
		return x.Graph().InvalidValue()
	}
	w := ir.NewTensor(x.DType, 2, 1, 3, 3)
	copy(w.Data, []float64{1, 0, -1, 2, 0, -2, 1, 0, -1, 1, 2, 1, 0, 0, 0, -1, -2, -1})
	return fn.Conv(op.ReduceMean(x, true, 1), op.Const(x.Graph(), w), nil, op.ConvOptions{Strides: two(1), Pads: []int{1, 1, 1, 1}, Dilations: two(1), Group: 1})
}

// cells are the spans of n cells over size numbers, from ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as PyTorch's adaptive pooling has them.
func cells(size, n int) (spans [][2]int) {
	for i := range n {
		spans = append(spans, [2]int{i * size / n, ((i+1)*size + n - 1) / n})
	}
	return spans
}

// averages are the means over the spans of rows and of columns: two products with constant matrices.
func averages(x *ir.Value, rows, columns [][2]int) *ir.Value {
	g := x.Graph()
	left := op.Const(g, averaging(x.Shape[2].Size, rows, x.DType, false))
	right := op.Const(g, averaging(x.Shape[3].Size, columns, x.DType, true))
	y := op.MatMul(op.MatMul(left, x), right)
	if y.Valid() {
		y.Shape[2].Name, y.Shape[3].Name = "height", "width"
	}
	return y
}

// averaging is [span, size] with the weights of each span, or its transpose.
func averaging(size int, spans [][2]int, d ir.DType, transpose bool) *ir.Tensor {
	n := len(spans)
	t := ir.NewTensor(d, n, size)
	if transpose {
		t = ir.NewTensor(d, size, n)
	}
	for i, span := range spans {
		for k := span[0]; k < span[1]; k++ {
			at := i*size + k
			if transpose {
				at = k*n + i
			}
			t.Data[at] = 1 / float64(span[1]-span[0])
		}
	}
	return t
}

// Flatten keeps the batch axis and joins the others: [batch, dim].
func Flatten(x *ir.Value) *ir.Value {
	if !x.Valid() || len(x.Shape) == 2 {
		return x
	}
	n := 1
	for _, d := range x.Shape[1:] {
		n *= d.Size
	}
	return op.Reshape(x, ir.Shape{x.Shape[0], {Name: "dim", Size: n}})
}

// Normalize divides each row by its Euclidean norm plus eps. Shapes: [batch, dim] to the same.
func Normalize(x *ir.Value, eps float64) *ir.Value {
	norm := op.Sqrt(op.ReduceSum(op.Mul(x, x), true, -1))
	return op.Div(x, op.Add(norm, op.Scalar(norm, eps)))
}

// Unit divides each vector along the axis by its Euclidean norm, of at least 1e-12: PyTorch's normalize. Shapes: as x.
func Unit(x *ir.Value, axis int) *ir.Value {
	squares := op.ReduceSum(op.Mul(x, x), true, axis)
	return op.Div(x, op.Sqrt(op.Max(squares, op.Scalar(squares, 1e-24))))
}

// Dropout makes each number 0 with probability rate and divides the others by 1 - rate (Srivastava et al. 2014). The draws are the host's; in a scope of evaluation nothing is dropped. It is used once in a
// scope. Shapes: as x.
func Dropout(s Scope, x *ir.Value, rate float64) *ir.Value {
	if rate == 0 || s.eval || !x.Valid() {
		return x
	}
	u := s.B.Noise(join(s.path, "dropout"), x.Shape)
	kept := op.Cast(op.GreaterOrEqual(u, op.Scalar(u, rate)), x.DType)
	return op.Mul(x, op.Mul(kept, op.Scalar(kept, 1/(1-rate))))
}
