package cuda

// Those of product.cuh.
const productThreads, side = 128, 64

// tiles is the number of tiles of a result of products.
func tiles(rows, columns int) int { return (rows + side - 1) / side * ((columns + side - 1) / side) }

// productPieces is the number of pieces that the depth of products is cut into where their result has so many tiles: as many as fill a large GPU, none of them short. It depends on the shape alone.
func productPieces(tiles, depth int) int { return max(1, min(512/max(tiles, 1), depth/256)) }

// weight is the number of a weight's outputs and inputs, for rows of a width.
func (c *Call) weight(i, width, axis int) (out, in int) {
	d := c.In[i].Dims
	if len(d) != 2 || d[axis] != width || c.In[i].Len() == 0 {
		c.refuse("input %d has the shape %v, for rows of %d", i, d, width)
		return 1, 1
	}
	return d[0], d[1]
}

// wide says that the next output has an input's shape with another last axis.
func (c *Call) wide(i, width int) {
	d := append([]int(nil), c.In[i].Dims...)
	if len(d) > 0 {
		d[len(d)-1] = width
	}
	c.shaped(d...)
}

func (c *Call) linear() {
	rows, in := c.rows(0)
	out, _ := c.weight(1, in, 1)
	activation := c.attrs.Int("activation")
	var z any
	if c.wide(0, out); activation > 1 {
		c.wide(0, out)
		z = Output(1)
	}
	if c.linearByLibrary(rows, in, out, activation) {
		return
	}
	c.launchOf(productThreads, "Linear", tiles(rows, out), Input(0), Input(1), Input(2), Output(0), z, int64(rows), int32(in), int32(out), int32(activation))
}

// linearByLibrary plans the layer for a library, which adds offsets of the result's type and knows no GELU.
func (c *Call) linearByLibrary(rows, in, out, activation int) bool {
	p := Product{DType: c.In[0].DType, Result: c.In[0].DType, Rows: rows, Columns: out, Depth: in, SecondDown: true, Add: c.has(2), Relu: activation == 1}
	launch, ok := c.byLibrary(p)
	if !ok {
		return false
	}
	var offsets any
	if p.Add {
		if offsets = Input(2); c.narrow() {
			offsets = c.bytes(2 * out)
			c.launch("LinearOffsets", c.each(out), Input(2), offsets, int64(out))
		}
	}
	if activation < 2 {
		launch(Input(0), Input(1), Output(0), offsets)
		return true
	}
	launch(Input(0), Input(1), Output(1), offsets)
	c.launch("LinearGelu", c.each(rows*out), Output(1), Output(0), int32(activation), int64(rows*out))
	return true
}

func (c *Call) linearInputGrad() {
	rows, out := c.rows(0)
	_, in := c.weight(1, out, 0)
	c.wide(0, in)
	if launch, ok := c.byLibrary(Product{DType: c.In[0].DType, Result: c.In[0].DType, Rows: rows, Columns: in, Depth: out}); ok {
		launch(Input(0), Input(1), Output(0), nil)
		return
	}
	c.launchOf(productThreads, "LinearInputGrad", tiles(rows, in), Input(0), Input(1), Output(0), int64(rows), int32(in), int32(out))
}

func (c *Call) linearWeightGrad() {
	rows, out := c.rows(0)
	others, in := c.rows(1)
	if rows != others {
		c.refuse("the gradient has %d rows, the input %d", rows, others)
		return
	}
	c.shaped(out, in)
	c.shaped(out)
	if launch, ok := c.byLibrary(Product{DType: c.In[0].DType, Result: Wide, Rows: out, Columns: in, Depth: rows, FirstDown: true}); ok {
		launch(Input(0), Input(1), Output(0), nil)
	} else {
		n := productPieces(tiles(out, in), rows)
		partial := c.floats(n * out * in)
		c.launchOf(productThreads, "LinearWeightGrad", n*tiles(out, in), Input(0), Input(1), partial, int64(rows), int32(in), int32(out), int32(n))
		c.launch("LinearWeightGradTotals", c.each(out*in), partial, Output(0), int64(out*in), int32(n))
	}
	sums := c.floats(pieces(rows) * 2 * out)
	c.sums("LinearWeightGradSums", rows, out, Input(0), sums, int64(rows), int32(out), int32(pieces(rows)))
	c.launch("LinearWeightGradOffsets", c.each(out), sums, Output(1), int32(out), int32(pieces(rows)))
}
