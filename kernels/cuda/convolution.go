package cuda

import (
	"math"
	"slices"
)

// convolution is the shape of a convolution's call: x becomes y by windows of w, [out, in/group, rows, columns].
type convolution struct {
	images, rows, columns, in, outRows, outColumns, out, group int
	sides                                                      [2]windowSide
	dilations                                                  [2]int
	last                                                       int32
}

// convolutionOf reads it; x and y may be either's shape, and what does not fit is refused.
func (c *Call) convolutionOf(x, w, y []int) (s convolution) {
	s = convolution{images: 1, rows: 1, columns: 1, in: 1, outRows: 1, outColumns: 1, out: 1, group: 1, last: c.flag("channels_last")}
	strides, pads, dilations := c.attrs.Ints("strides"), c.attrs.Ints("pads"), c.attrs.Ints("dilations")
	if len(x) != 4 || len(w) != 4 || len(strides) != 2 || len(pads) != 4 || len(dilations) != 2 {
		c.refuse("the map is %v, the weight %v, with strides %v, pads %v and dilations %v: want two axes of each", x, w, strides, pads, dilations)
		return s
	}
	s.images, s.in, s.rows, s.columns = x[0], x[1], x[2], x[3]
	if s.last == 1 {
		s.in, s.rows, s.columns = x[3], x[1], x[2]
	}
	s.out, s.group = w[0], max(c.attrs.Int("group"), 1)
	for i := range s.sides {
		s.dilations[i] = dilations[i]
		s.sides[i] = windowSide{w[2+i], strides[i], pads[i], pads[2+i]}
	}
	reach := func(i int) windowSide {
		r := s.sides[i]
		r.window = s.dilations[i]*(r.window-1) + 1
		return r
	}
	s.outRows, s.outColumns = reach(0).over(s.rows), reach(1).over(s.columns)
	want := []int{s.images, s.out, s.outRows, s.outColumns}
	if s.last == 1 {
		want = []int{s.images, s.outRows, s.outColumns, s.out}
	}
	switch n := (Tensor{Dims: want}).Len(); {
	case w[1]*s.group != s.in || s.out%s.group != 0:
		c.refuse("a map of %d channels and a weight %v of %d groups", s.in, w, s.group)
	case n <= 0 || s.images*s.rows*s.columns > math.MaxInt32 || n/s.out > math.MaxInt32:
		c.refuse("a map %v gives one of %v", x, want)
	case y != nil && !slices.Equal(y, want):
		c.refuse("the result's gradient is %v, want %v", y, want)
	case y == nil:
		c.shaped(want...)
	}
	return s
}

func (s convolution) taps() int      { return s.sides[0].window * s.sides[1].window }
func (s convolution) pixels() int    { return s.images * s.rows * s.columns }
func (s convolution) outPixels() int { return s.images * s.outRows * s.outColumns }
func (s convolution) weights() int   { return s.out * s.in / s.group * s.taps() }

// convolve adds a launch of the products, behind whose arguments comes the shape.
func (c *Call) convolve(kernel string, s convolution, tiles int, args ...any) {
	for _, n := range []int{s.images, s.rows, s.columns, s.in, s.outRows, s.outColumns, s.out, s.group, s.sides[0].window, s.sides[1].window, s.sides[0].stride, s.sides[1].stride, s.dilations[0], s.dilations[1],
		s.sides[0].before, s.sides[1].before} {
		args = append(args, int32(n))
	}
	c.launchOf(productThreads, kernel, s.group*tiles, append(args, s.last)...)
}

// turned is the weight with its taps before channels, by a kernel that changes the order; of one tap it is the weight itself.
func (c *Call) turned(kernel string, s convolution, args ...any) any {
	if s.taps() == 1 {
		return Input(1)
	}
	to := c.floats(s.weights())
	c.launch(kernel, c.each(s.weights()), append([]any{Input(1), to, int64(s.weights()), int32(s.in / s.group)}, args...)...)
	return to
}

func (c *Call) conv() {
	s := c.convolutionOf(c.In[0].Dims, c.In[1].Dims, nil)
	if launch, ok := c.convolved(s, Forward); ok {
		launch(Input(0), c.turned("ConvWeights", s, int32(s.taps())), Output(0))
		return
	}
	w := c.turned("ConvWeights", s, int32(s.taps()))
	c.convolve("Conv", s, tiles(s.outPixels(), s.out/s.group), Input(0), w, Input(2), Output(0))
}

func (c *Call) convInputGrad() {
	x := c.attrs.Ints("input_shape")
	s := c.convolutionOf(x, c.In[1].Dims, c.In[0].Dims)
	c.shaped(x...)
	if launch, ok := c.convolved(s, InputGrad); ok {
		launch(Input(0), c.turned("ConvInputGradLastWeights", s, int32(s.taps())), Output(0))
		return
	}
	w := c.turned("ConvInputGradWeights", s, int32(s.out/s.group), int32(s.taps()))
	c.convolve("ConvInputGrad", s, tiles(s.pixels(), s.in/s.group), Input(0), w, Output(0))
}

func (c *Call) convWeightGrad() {
	w := c.attrs.Ints("weight_shape")
	s := c.convolutionOf(c.In[0].Dims, w, c.In[1].Dims)
	c.shaped(w...)
	if launch, ok := c.convolved(s, WeightGrad); ok {
		dw := c.bytes(2 * s.weights())
		launch(Input(0), Input(1), dw)
		c.launch("ConvWeightGradOfLast", c.each(s.weights()), dw, Output(0), int64(s.weights()), int32(s.in/s.group), int32(s.taps()))
		return
	}
	blocks := tiles(s.out/s.group, s.in/s.group*s.taps())
	n := productPieces(blocks*s.group, s.outPixels())
	partial := c.floats(n * s.weights())
	c.convolve("ConvWeightGrad", s, n*blocks, Input(0), Input(1), partial, int32(n))
	c.launch("ConvWeightGradTotals", c.each(s.weights()), partial, Output(0), int32(n), int64(s.weights()), int32(s.in/s.group), int32(s.taps()))
}
