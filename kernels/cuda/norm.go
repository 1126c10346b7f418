package cuda

// planes are the images, channels and elements of a plane of an input, where the channels stand before other axes and are not the last.
func (c *Call) planes(i int) (images, channels, plane int, ok bool) {
	dims := c.In[i].Dims
	if len(dims) < 3 || c.flag("channels_last") == 1 || c.In[i].Len() == 0 {
		return 0, 0, 0, false // rows refuses what is neither
	}
	return dims[0], dims[1], c.In[i].Len() / dims[0] / dims[1], true
}

// planePieces is the number of pieces that sums over planes are made in: a thread of the usual blocks adds some 64 elements. It depends on the shape alone.
func planePieces(images, plane int) int { return max(1, min(images, 64, images*plane/(64*256))) }

// groups refuses norms over groups of the batch: their bodies call the function for each.
func (c *Call) groups() {
	if n := c.attrs.Int("groups"); n > 1 {
		c.refuse("the batch is normalised in %d groups", n)
	}
}

func (c *Call) batchNorm(shortcut any, relu int32) {
	c.groups()
	c.like(0, 1, 1)
	if images, channels, plane, ok := c.planes(0); ok {
		n := planePieces(images, plane)
		partial, fold, shape := c.floats(n*2*channels), c.floats(2*channels), []any{int32(images), int32(channels), int32(plane)}
		c.launch("BatchNormPlaneSums", n*channels, append([]any{Input(0), partial, int32(n)}, shape...)...)
		c.launch("BatchNormPlaneMoments", c.each(channels), append([]any{Input(0), partial, Input(1), Input(2), Output(1), Output(2), fold, int32(n), c.number("epsilon")}, shape...)...)
		c.launch("BatchNormPlanes", c.some(images*channels), append([]any{Input(0), shortcut, fold, Output(0), relu}, shape...)...)
		return
	}
	rows, channels := c.rows(0)
	n, partial, fold := int32(pieces(rows)), c.floats(pieces(rows)*2*channels), c.floats(2*channels)
	c.sums("BatchNormSums", rows, channels, Input(0), partial, int64(rows), int32(channels), n)
	c.launch("BatchNormMoments", c.each(channels), Input(0), partial, Input(1), Input(2), Output(1), Output(2), fold, int64(rows), int32(channels), n, c.number("epsilon"))
	c.launch("BatchNorm", c.each(rows*channels), Input(0), shortcut, fold, Output(0), int64(rows), int32(channels), relu)
}

// batchNormGrad computes the gradient behind a mask: by y, by b where y is absent, or without either. With y the masked gradient is a result.
func (c *Call) batchNormGrad(y, b any, mean, variance Input) {
	c.groups()
	c.like(1, 2, 2)
	var masked, g any = nil, Input(0)
	switch {
	case y != nil && c.has(6):
		c.like(1)
		masked, g = Output(3), Output(3)
	case b != nil:
		s := c.floats(c.In[1].Len())
		masked, g = s, s
	}
	sums := []any{Input(0), Input(1), y, Input(2), b, mean, variance, masked}
	if images, channels, plane, ok := c.planes(1); ok {
		n := planePieces(images, plane)
		partial, lines, shape := c.floats(n*2*channels), c.floats(3*channels), []any{int32(images), int32(channels), int32(plane)}
		c.launch("BatchNormGradPlaneSums", n*channels, append(append(sums, partial, int32(n), c.number("epsilon")), shape...)...)
		c.launch("BatchNormGradLines", c.each(channels), partial, Input(2), mean, variance, Output(1), Output(2), lines, int64(images*plane), int32(channels), int32(n), c.number("epsilon"))
		c.launch("BatchNormGradPlanes", c.some(images*channels), append([]any{g, Input(1), lines, Output(0)}, shape...)...)
		return
	}
	rows, channels := c.rows(1)
	n, partial, lines := int32(pieces(rows)), c.floats(pieces(rows)*2*channels), c.floats(3*channels)
	c.sums("BatchNormGradSums", rows, channels, append(sums, partial, int64(rows), int32(channels), n, c.number("epsilon"))...)
	c.launch("BatchNormGradLines", c.each(channels), partial, Input(2), mean, variance, Output(1), Output(2), lines, int64(rows), int32(channels), n, c.number("epsilon"))
	c.launch("BatchNormGrad", c.each(rows*channels), g, Input(1), lines, Output(0), int64(rows), int32(channels))
}
