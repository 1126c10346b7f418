package cuda

// windowSide is a side of a window, and of the map that it lies on.
type windowSide struct{ window, stride, before, behind int }

// over are the rows or columns of a result.
func (s windowSide) over(size int) int { return (size+s.before+s.behind-s.window)/s.stride + 1 }

// sides are those of a pool's windows: rows, then columns. Without strides they lie side by side.
func (c *Call) sides() (s [2]windowSide) {
	window, stride, pads := c.attrs.Ints("kernel_shape"), c.attrs.Ints("strides"), c.attrs.Ints("pads")
	for i := range s {
		s[i] = windowSide{window: 1, stride: 1}
		if len(window) != 2 {
			c.refuse("it has windows of %d axes", len(window))
			return s
		}
		s[i].window, s[i].stride = window[i], window[i]
		if len(stride) == 2 {
			s[i].stride = stride[i]
		}
		if len(pads) == 4 {
			s[i].before, s[i].behind = pads[i], pads[2+i]
		}
	}
	return s
}

// layout is how a map lies in memory, as kernels take it: images of rows x columns x lanes, which are the channels where these are the last axis and one else.
type layout struct{ images, lanes, rows, columns int }

// layoutOf is the layout of an input, with its axis of rows.
func (c *Call) layoutOf(i int) (layout, int) {
	d := c.In[i].Dims
	switch {
	case len(d) != 4 || c.In[i].Len() == 0:
		c.refuse("input %d has the shape %v, which is no map", i, d)
		return layout{1, 1, 1, 1}, 2
	case c.flag("channels_last") == 1:
		return layout{d[0], d[3], d[1], d[2]}, 1
	}
	return layout{d[0] * d[1], 1, d[2], d[3]}, 2
}

// resized is the shape of an input with so many rows and columns.
func (c *Call) resized(i, axis, rows, columns int) {
	d := append([]int(nil), c.In[i].Dims...)
	if axis+1 < len(d) {
		d[axis], d[axis+1] = rows, columns
	}
	c.shaped(d...)
}

// pool adds a launch of a pool's kernel, which computes n elements.
func (c *Call) pool(kernel string, l layout, rows, columns, n int, args []any, windows ...int) {
	args = append(args, int64(l.images), int32(l.lanes), int32(l.rows), int32(l.columns), int32(rows), int32(columns))
	for _, w := range windows {
		args = append(args, int32(w))
	}
	c.launch(kernel, c.each(n), args...)
}

func (c *Call) maxPool() {
	l, axis := c.layoutOf(0)
	s := c.sides()
	rows, columns := s[0].over(l.rows), s[1].over(l.columns)
	c.resized(0, axis, rows, columns)
	c.pool("MaxPool", l, rows, columns, l.images*l.lanes*rows*columns, []any{Input(0), Output(0)}, s[0].window, s[1].window, s[0].stride, s[1].stride, s[0].before, s[1].before)
}

func (c *Call) maxPoolGrad() {
	l, _ := c.layoutOf(1)
	s := c.sides()
	c.like(1)
	c.pool("MaxPoolGrad", l, s[0].over(l.rows), s[1].over(l.columns), c.In[1].Len(), []any{Input(0), Input(1), Output(0)}, s[0].window, s[1].window, s[0].stride, s[1].stride, s[0].before, s[1].before)
}

func (c *Call) averagePool() {
	l, axis := c.layoutOf(0)
	s := c.sides()
	rows, columns := s[0].over(l.rows), s[1].over(l.columns)
	c.resized(0, axis, rows, columns)
	c.pool("AveragePool", l, rows, columns, l.images*l.lanes*rows*columns, []any{Input(0), Output(0)})
}

func (c *Call) averagePoolGrad() {
	small, axis := c.layoutOf(0)
	s, l := c.sides(), small
	l.rows, l.columns = small.rows*s[0].window, small.columns*s[1].window
	c.resized(0, axis, l.rows, l.columns)
	c.pool("AveragePoolGrad", l, small.rows, small.columns, l.images*l.lanes*l.rows*l.columns, []any{Input(0), Output(0)})
}
