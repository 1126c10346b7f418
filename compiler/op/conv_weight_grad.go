package op

import "ssc/compiler/ir"

// ConvWeightGrad is the gradient of Conv with respect to its filters of shape w: dw[k, c, t] = Σ dy[n, k, p] · x[n, c, place of tap t at p].
//
// It is one batched matrix product [taps·out, L]·[L, taps·channel], summed over the batch of that product. What was measured on one core
// against a forward convolution of 36 to 55 ms (ONNX Runtime 1.30, float32; the product for each tap, image by image, took 2.7 times the forward's time):
//
//   - Taps of the first spatial axis are shifts of dy instead of x where its stride is 1, padding adds at most a third to that axis, and fewer
//     elements are copied so: 3 times x and dy instead of 9 times x for a 3x3 filter. [512,32,14,14]: 48 ms against 59 for copies of x alone; [512,64,7,7]: 42 against 46; [512,128,4,4],
//     where the padding adds a half: 57 against 49.
//   - Images are put side by side in 32 groups, so that L is long enough for the product and the groups few enough for the sum: 48 ms
//     against 51 to 62 with a product for each image, 42 against 53, 49 against 80. Fewer groups where the products would outgrow the input four times.
//   - 1x1 filters on at least 128 pixels copy nothing: a product for each image, 14 ms against 19.
//
// Shapes: x [batch, channel, spatial…], dy [batch, out, spatial…]; result w. Batches must be static. Invalid arguments give an invalid result.
func ConvWeightGrad(x, dy *ir.Value, w ir.Shape, o ConvOptions) *ir.Value {
	win, ok := gradWindow(dy, x, x.Shape, w, o)
	if !ok || !x.Shape.Static() || !dy.Shape.Static() {
		return refuse(dy, x, "ConvWeightGrad", dy.Shape, x.Shape, w)
	}
	g := weightGrad{window: win, n: x.Shape[0].Size, group: max(o.Group, 1)}
	g.depth, g.filters = w[1].Size, w[0].Size/g.group
	g.rows = g.shiftRows()
	g.parts = g.division()
	a, b := g.shifts(dy), g.patches(x)
	y := MatMul(a, swapLast(b))
	k, taps := a.Shape[2].Size/g.filters, b.Shape[2].Size/g.depth
	y = Reshape(ReduceSum(y, false, 0), ir.Dims(g.group, k, g.filters, taps, g.depth))
	return Reshape(Transpose(y, 0, 2, 4, 1, 3), w)
}

// weightGrad is one weight gradient being built.
type weightGrad struct {
	window
	n, group       int  // images; groups of channels
	depth, filters int  // input and output channels of a group
	rows           bool // taps of the first spatial axis are shifts of dy
	parts          int  // groups of images
}

// shiftRows decides whether taps of the first spatial axis are shifts of dy: where that copies less and the padding adds little work.
func (g *weightGrad) shiftRows() bool {
	k := g.kernel[0]
	taps := ir.Dims(g.kernel...).Elems()
	less := k*g.filters+taps/k*g.depth < g.filters+taps*g.depth
	return g.strides[0] == 1 && less && 3*g.span() <= 4*g.out[0]
}

// span is how many rows the windows cover.
func (g *weightGrad) span() int { return g.out[0] - 1 + g.extent(0) }

// division is the number of groups that the images are divided into.
func (g *weightGrad) division() int {
	pixels, taps := ir.Dims(g.out...).Elems(), ir.Dims(g.kernel...).Elems()
	most := 32
	if taps == 1 && pixels >= 128 {
		most = g.n
	}
	most = min(most, 4*g.n*pixels/(taps*g.filters))
	for d := min(most, g.n); d > 1; d-- {
		if g.n%d == 0 {
			return d
		}
	}
	return 1
}

// arrange puts images side by side: v [batch, channel, spatial…] becomes [parts, group, channel/group, batch/parts, spatial…].
func (g *weightGrad) arrange(v *ir.Value) *ir.Value {
	c, spatial := v.Shape[1].Size, v.Shape[2:]
	n := g.n / g.parts
	if n == 1 {
		return Reshape(v, append(ir.Dims(g.parts, g.group, c/g.group, 1), spatial...))
	}
	v = Reshape(v, append(ir.Dims(g.parts, n, g.group, c/g.group), spatial...))
	return Transpose(v, append([]int{0, 2, 3, 1}, axesFrom(4, len(v.Shape))...)...)
}

// shifts are the copies of dy, one for each tap of the first spatial axis where those are shifts of dy: [parts, group, copies·filters, L].
func (g *weightGrad) shifts(dy *ir.Value) *ir.Value {
	dy = g.arrange(dy)
	copies := []*ir.Value{dy}
	if g.rows {
		copies = nil
		for i := 0; i < g.kernel[0]; i++ {
			begin, end := make([]int, len(dy.Shape)), make([]int, len(dy.Shape))
			begin[4] = i * g.dilations[0]
			end[4] = g.span() - g.out[0] - begin[4]
			copies = append(copies, padZeros(dy, begin, end))
		}
	}
	return joinLast(Concat(2, copies...))
}

// patches are the elements of x that each remaining tap meets: [parts, group, taps·depth, L].
func (g *weightGrad) patches(x *ir.Value) *ir.Value {
	begin, end := make([]int, len(x.Shape)), make([]int, len(x.Shape))
	copy(begin[2:], g.begin)
	for i := range g.in {
		end[i+2] = max((g.out[i]-1)*g.strides[i]+g.extent(i)-g.in[i]-g.begin[i], 0)
	}
	x = g.arrange(padZeros(x, begin, end))
	kernel := append([]int{}, g.kernel...)
	if g.rows {
		kernel[0] = 1
	}
	var taps []*ir.Value
	k := make([]int, len(kernel))
	for more := true; more; more = next(k, kernel) {
		taps = append(taps, g.tap(x, k))
	}
	return joinLast(Concat(2, taps...))
}

// tap cuts out of the arranged x what tap k meets; all covered rows where rows are left to dy.
func (g *weightGrad) tap(x *ir.Value, k []int) *ir.Value {
	var o SliceOptions
	for i := range k {
		start := k[i] * g.dilations[i]
		end := start + (g.out[i]-1)*g.strides[i] + 1
		if i == 0 && g.rows {
			end = g.span()
		}
		if start == 0 && end == x.Shape[i+4].Size && g.strides[i] == 1 {
			continue
		}
		o.Axes, o.Starts, o.Ends, o.Steps = append(o.Axes, i+4), append(o.Starts, start), append(o.Ends, end), append(o.Steps, g.strides[i])
	}
	if o.Axes == nil {
		return x
	}
	return Slice(x, o)
}

// joinLast joins the axes from 3 on.
func joinLast(v *ir.Value) *ir.Value {
	return Reshape(v, append(v.Shape[:3].Clone(), ir.Dim{Size: v.Shape[3:].Elems()}))
}
