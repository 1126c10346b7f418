package cuda

// Those of attention.cuh, and the lines of the tiles in float and in bfloat16.
const attentionThreads, widestHead, wideTile, narrowTile = 128, 128, 16, 64

// attended is the shape of a call of attention.
type attended struct{ batch, heads, tokens, keys, size int }

// attended reads it from the inputs q, k and v, or the one of all three, from the given on.
func (c *Call) attended(first int) (a attended) {
	q, k := c.In[first].Dims, c.In[first+1].Dims
	a.heads = max(c.attrs.Int("num_heads"), 1)
	if len(q) != 3 || c.In[first].Len() == 0 {
		c.refuse("input %d has the shape %v, want batch, tokens and numbers", first, q)
		return a
	}
	dim := q[2] / 3
	a.batch, a.tokens, a.keys = q[0], q[1], q[1]
	if c.has(first + 1) {
		dim = q[2]
		if len(k) != 3 || k[0] != q[0] || k[2] != q[2] || c.In[first+1].Len() == 0 {
			c.refuse("input %d has the shape %v, for queries of %v", first+1, k, q)
			return a
		}
		a.keys = k[1]
	}
	if a.size = dim / a.heads; a.size*a.heads != dim || a.size > widestHead {
		c.refuse("%d heads of %d numbers: at most %d are taken", a.heads, dim, widestHead)
	}
	return a
}

// tiled adds a launch of a kernel whose blocks have a tile of so many lines in each head. In bfloat16 there is a kernel for each size of heads.
func (c *Call) tiled(kernel string, a attended, lines int, args ...any) {
	tile := wideTile
	if c.narrow() {
		tile = narrowTile
		switch {
		case a.size <= 32:
			kernel += "32"
		case a.size <= 64:
			kernel += "64"
		default:
			kernel += "128"
		}
	}
	c.launchOf(attentionThreads, kernel, a.batch*a.heads*((lines+tile-1)/tile), append(args, int32(a.heads), int32(a.tokens), int32(a.keys), int32(a.size))...)
}

func (c *Call) attention() {
	a := c.attended(0)
	c.shaped(a.batch, a.tokens, a.heads*a.size)
	c.shaped(a.batch, a.heads, a.tokens)
	c.tiled("Attention", a, a.tokens, Input(0), Input(1), Input(2), Output(0), Output(1))
}

func (c *Call) attentionGrad() {
	a := c.attended(3)
	c.like(3)
	var dk, dv any
	if c.has(4) {
		c.like(4, 5)
		dk, dv = Output(1), Output(2)
	}
	n := a.batch * a.heads * a.tokens
	delta := c.floats(n)
	c.launch("AttentionGradDeltas", c.each(n), Input(0), Input(1), Input(6), delta, int64(n), int32(a.heads), int32(a.tokens), int32(a.size))
	args := []any{Input(0), Input(3), Input(4), Input(5), Input(2), delta, Output(0), dk, dv}
	c.tiled("AttentionGrad", a, a.tokens, args...)
	c.tiled("AttentionGradKeys", a, a.keys, args...)
}
