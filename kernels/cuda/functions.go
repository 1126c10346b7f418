package cuda

// functions is the table. A function with kernels is a row here and a source of its name; what the row cannot take it refuses, and the body runs.
var functions = []*Function{
	{"SumSquares", "sum_squares.cu", "x", "f", func(c *Call) {
		c.shaped()
		n := c.In[0].Len()
		sums := parts(n)
		partial := c.floats(sums)
		c.launch("SumSquaresParts", sums, Input(0), partial, int64(n))
		c.launch("SumSquares", 1, partial, Output(0), int32(sums))
	}},
	{"SGD", "sgd.cu", "b? f f? f? f f f?", "f f?", func(c *Call) {
		n := c.descent(5)
		c.launch("SGD", c.each(n), Input(0), Input(1), Input(2), Input(3), Input(4), Input(5), Input(6), Output(0), Output(1), int64(n), c.number("momentum"), c.flag("nesterov"))
	}},
	{"LARS", "lars.cu", "b? f f? f? f? f f f?", "f f?", func(c *Call) {
		n := c.descent(6)
		sums := parts(n)
		partial := c.floats(sums)
		if c.has(4) {
			c.launch("LARSNorm", sums, Input(6), partial, int64(n))
		}
		c.launch("LARS", c.each(n), Input(0), Input(1), Input(2), Input(3), Input(4), Input(5), Input(6), Input(7), partial, Output(0), Output(1), int64(n), int32(sums), c.number("momentum"),
			c.number("eta"), c.number("epsilon"), c.flag("nesterov"))
	}},
	{"Adam", "adam.cu", "b? f f f f? f f f f", "f f f", func(c *Call) {
		c.like(6, 7, 8)
		n := c.In[5].Len()
		c.launch("Adam", c.each(n), Input(0), Input(1), Input(2), Input(3), Input(4), Input(5), Input(6), Input(7), Input(8), Output(0), Output(1), Output(2), int64(n), c.number("beta1"), c.number("beta2"),
			c.number("rest1"), c.number("rest2"), c.number("epsilon"), c.flag("decoupled"))
	}},
	{"LAMB", "lamb.cu", "b? f f f f? f f f f", "f f f", func(c *Call) {
		c.like(6, 7, 8)
		n := c.In[5].Len()
		sums := parts(n)
		partial := c.floats(2 * sums)
		c.launch("LAMBMoments", sums, Input(0), Input(2), Input(3), Input(4), Input(5), Input(6), Input(7), Input(8), Output(1), Output(2), partial, int64(n), c.number("beta1"), c.number("beta2"),
			c.number("rest1"), c.number("rest2"), c.number("epsilon"))
		c.launch("LAMB", c.each(n), Input(0), Input(1), Input(2), Input(3), Input(4), Input(6), Output(1), Output(2), partial, Output(0), int64(n), int32(sums), c.number("epsilon"), c.flag("adapt"),
			c.flag("at_most_one"))
	}},
	{"MovingAverage", "moving_average.cu", "b? f f f", "f", func(c *Call) {
		c.like(2)
		n := c.In[2].Len()
		c.launch("MovingAverage", c.each(n), Input(0), Input(1), Input(2), Input(3), Output(0), int64(n))
	}},
	{"BatchNorm", "batch_norm.cu", "x f f", "x f? f?", func(c *Call) { c.batchNorm(nil, 0) }},
	{"BatchNormRelu", "batch_norm.cu", "x f f x?", "x f? f?", func(c *Call) { c.batchNorm(Input(3), 1) }},
	{"BatchNormGrad", "batch_norm_grad.cu", "x x f f f", "x f? f?", func(c *Call) { c.batchNormGrad(nil, nil, Input(3), Input(4)) }},
	{"BatchNormReluGrad", "batch_norm_grad.cu", "x x f f f f x?", "x f? f? x?", func(c *Call) { c.batchNormGrad(Input(6), Input(3), Input(4), Input(5)) }},
	{"LayerNorm", "layer_norm.cu", "x f f", "x", func(c *Call) {
		c.like(0)
		rows, width := c.rows(0)
		c.launch("LayerNorm", c.some(rows), Input(0), Input(1), Input(2), Output(0), int64(rows), int32(width), c.number("epsilon"))
	}},
	{"LayerNormGrad", "layer_norm_grad.cu", "x x f", "x? f? f?", func(c *Call) {
		c.like(1, 2, 2)
		rows, width := c.rows(0)
		moments, partial, n := c.floats(2*rows), c.floats(pieces(rows)*2*width), int32(pieces(rows))
		c.launch("LayerNormGrad", c.some(rows), Input(0), Input(1), Input(2), Output(0), moments, int64(rows), int32(width), c.number("epsilon"))
		c.sums("LayerNormGradSums", rows, width, Input(0), Input(1), moments, partial, int64(rows), int32(width), n)
		c.launch("LayerNormGradTotals", c.each(width), partial, Output(1), Output(2), int32(width), n)
	}},
	{"CrossEntropy", "cross_entropy.cu", "f i", "f", func(c *Call) {
		c.shaped()
		rows, classes := c.rows(0)
		losses := c.floats(rows)
		c.launch("CrossEntropyRows", c.some(rows), Input(0), Input(1), losses, int32(rows), int32(classes))
		c.launch("CrossEntropy", 1, losses, Output(0), int32(rows))
	}},
	{"CrossEntropyGrad", "cross_entropy_grad.cu", "f i f", "f", func(c *Call) {
		c.like(0)
		rows, classes := c.rows(0)
		c.launch("CrossEntropyGrad", c.some(rows), Input(0), Input(1), Input(2), Output(0), int32(rows), int32(classes))
	}},
	{"Add", "add.cu", "x x", "x", func(c *Call) { c.elements("Add", Input(0), Input(1), Output(0)) }},
	{"Gelu", "gelu.cu", "x", "x", func(c *Call) { c.elements("Gelu", Input(0), Output(0), c.flag("tanh")) }},
	{"GeluGrad", "gelu_grad.cu", "x x", "x", func(c *Call) { c.elements("GeluGrad", Input(0), Input(1), Output(0), c.flag("tanh")) }},
	{"MaxPool", "max_pool.cu", "x", "x", (*Call).maxPool},
	{"MaxPoolGrad", "max_pool_grad.cu", "x x", "x", (*Call).maxPoolGrad},
	{"AveragePool", "average_pool.cu", "x", "x", (*Call).averagePool},
	{"AveragePoolGrad", "average_pool_grad.cu", "x", "x", (*Call).averagePoolGrad},
	{"Linear", "linear.cu", "x x f?", "x x?", (*Call).linear},
	{"LinearInputGrad", "linear_input_grad.cu", "x x", "x", (*Call).linearInputGrad},
	{"LinearWeightGrad", "linear_weight_grad.cu", "x x", "f? f?", (*Call).linearWeightGrad},
	{"Attention", "attention.cu", "x x? x?", "x f?", (*Call).attention},
	{"AttentionGrad", "attention_grad.cu", "x x f x x? x? f?", "x? x? x?", (*Call).attentionGrad},
	{"Conv", "conv.cu", "x x f?", "x", (*Call).conv},
	{"ConvInputGrad", "conv_input_grad.cu", "x x", "x", (*Call).convInputGrad},
	{"ConvWeightGrad", "conv_weight_grad.cu", "x x", "f", (*Call).convWeightGrad},
}

// elements adds a launch of a kernel that computes each element of a result like the first input: behind what is given it gets their number.
func (c *Call) elements(kernel string, args ...any) {
	c.like(0)
	c.launch(kernel, c.each(c.In[0].Len()), append(args, int64(c.In[0].Len()))...)
}

// descent gives an update its results: those of w, which is the given input, and of the velocity behind it, where there is one. It returns the number of elements.
func (c *Call) descent(w int) int {
	if c.like(w); c.has(w + 1) {
		c.like(w + 1)
	}
	return c.In[w].Len()
}
