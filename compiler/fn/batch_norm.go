package fn

import (
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// BatchNorm normalises each channel (axis 1) of x by its mean and biased variance over all other axes, then applies the gain w and the offset b. Each of the groups, as many contiguous equal
// parts of the batch, has its own mean and variance. Shapes: x [batch, channel, …], w and b [channel]; results y like x, mean and variance [group·channel], group after group. Ioffe and Szegedy 2015,
// algorithm 1.
func BatchNorm(x, w, b *ir.Value, eps float64, groups int) (y, mean, variance *ir.Value) {
	o := ir.Apply(batchNorm{Eps: eps, Groups: manyGroups(groups)}, x, w, b)
	return o[0], o[1], o[2]
}

type batchNorm struct {
	Eps    float64 `attr:"epsilon"`
	Last   bool    `attr:"channels_last,omitempty"` // the channel axis is the last
	Groups int     `attr:"groups,omitempty"`        // 0 is 1
}

// manyGroups is the attribute: one group is none.
func manyGroups(groups int) int {
	if groups == 1 {
		return 0
	}
	return groups
}

var _ = register(batchNorm{Eps: 1e-5})

func (batchNorm) Name() string { return "BatchNorm" }

// MaxOutputs is the number of outputs.
func (batchNorm) MaxOutputs() int { return 3 }

func (batchNorm) Doc() ir.Doc {
	f, last := batchNorm{Eps: 1e-5}, batchNorm{Eps: 1e-5, Last: true}
	return ir.Doc{Text: "Batch normalisation in training: y = (x - mean)/sqrt(variance + epsilon)*w + b with the batch's own mean and biased variance, which are the second and third result. The channel axis is the second or, with channels_last, the last. With groups, each of as many contiguous parts of the batch has its own mean and variance.",
		Samples: []ir.Sample{
			{Label: "map", Op: f, In: []ir.Arg{{Dims: []int{3, 2, 4, 3}}, {Dims: []int{2}}, {Dims: []int{2}}}},
			{Label: "rows", Op: batchNorm{Eps: 1e-3}, In: []ir.Arg{{Dims: []int{6, 3}}, {Dims: []int{3}}, {Dims: []int{3}}}},
			{Label: "map, channels last", Op: last, In: []ir.Arg{{Dims: []int{3, 4, 3, 2}}, {Dims: []int{2}}, {Dims: []int{2}}}},
			{Label: "thin", Op: f, In: []ir.Arg{{Dims: []int{4, 2, 1, 3}}, {Dims: []int{2}}, {Dims: []int{2}}}},
			{Label: "groups", Op: batchNorm{Eps: 1e-5, Groups: 2}, In: []ir.Arg{{Dims: []int{6, 2, 1, 3}}, {Dims: []int{2}}, {Dims: []int{2}}}},
			{Label: "groups, channels last", Op: batchNorm{Eps: 1e-5, Last: true, Groups: 3}, In: []ir.Arg{{Dims: []int{6, 2, 3, 2}}, {Dims: []int{2}}, {Dims: []int{2}}}},
		}}
}

func (f batchNorm) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

// Scratch is that of the kernel: the moments, which it takes room for at any rate, and sums.
func (f batchNorm) Scratch(n *ir.Node) Scratch {
	return Scratch{Once: 2*int64(max(f.Groups, 1))*n.In[1].Shape.Size()*floatBytes + channelSums(n.In[0], f)}
}

func (f batchNorm) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	x, w, mean, variance := n.In[0], n.In[1], n.Out[1], n.Out[2]
	var dx, dw, db *ir.Value
	if dy[0] != nil {
		o := ir.Apply(batchNormGrad(f), dy[0], x, w, mean, variance)
		dx, dw, db = o[0], o[1], o[2]
	}
	return []*ir.Value{f.statisticsGrad(n, dy, dx), dw, db}
}

// statisticsGrad adds to dx, nil for none, what arrives at mean and variance, the second and third output of n.
func (f batchNorm) statisticsGrad(n *ir.Node, dy []*ir.Value, dx *ir.Value) *ir.Value {
	x, mean := n.In[0], n.Out[1]
	if groups := f.Groups; groups > 1 && (dy[1] != nil || dy[2] != nil) {
		f.Groups = 0
		o := eachGroup(groups, []*ir.Value{x, mean, dy[1], dy[2]}, nil, nil, func(in []*ir.Value) []*ir.Value {
			part := &ir.Node{In: in[:1], Out: []*ir.Value{nil, in[1], nil}}
			return []*ir.Value{f.statisticsGrad(part, []*ir.Value{nil, in[2], in[3]}, nil)}
		})
		if dx == nil {
			return o[0]
		}
		return op.Add(dx, o[0])
	}
	count := f.count(x)
	add := func(v *ir.Value) {
		if dx == nil {
			dx = v
			return
		}
		dx = op.Add(dx, v)
	}
	if dy[1] != nil {
		d := perChannel(dy[1], x, f.Last)
		add(op.Expand(op.Mul(d, op.Scalar(d, 1/count)), x.Shape))
	}
	if dy[2] != nil {
		d := perChannel(dy[2], x, f.Last)
		add(op.Mul(op.Sub(x, perChannel(mean, x, f.Last)), op.Mul(d, op.Scalar(d, 2/count))))
	}
	return dx
}

func (f batchNorm) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body passes over x four times: mean, centring, squares, and the result by ONNX's inference form of the operator.
func (f batchNorm) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	if n := f.Groups; n > 1 {
		f.Groups = 0
		return byGroup(n, in, []int{1, 2}, nil, f)
	}
	x, w, b := in[0], in[1], in[2]
	axes := allBut(x, f.Last)
	mean := op.ReduceMean(x, true, axes...)
	n := f.count(x)
	squares := op.ReduceSumSquare(op.Sub(x, mean), false, axes...)
	variance := op.Mul(squares, op.Scalar(x, 1/n))
	mean = op.Reshape(mean, ir.Shape{x.Shape[channelAxis(x, f.Last)]})
	if f.Last {
		return []*ir.Value{toLast(op.BatchNormalization(toFirst(x), w, b, mean, variance, f.Eps)), mean, variance}
	}
	return []*ir.Value{op.BatchNormalization(x, w, b, mean, variance, f.Eps), mean, variance}
}

// byGroup calls a function for each of the groups, so that its own kernel computes it where it has none for groups.
func byGroup(groups int, in []*ir.Value, shared, summed []int, f ir.Op) []*ir.Value {
	return eachGroup(groups, in, shared, summed, func(in []*ir.Value) []*ir.Value { return ir.Apply(f, in...) })
}

// eachGroup builds what body makes of each of the groups: inputs are split along their first axis, but for those that all groups share, and results joined, but for those that are summed. Inputs may be nil.
func eachGroup(groups int, in []*ir.Value, shared, summed []int, body func([]*ir.Value) []*ir.Value) []*ir.Value {
	parts := make([][]*ir.Value, groups)
	for i, v := range in {
		var split []*ir.Value
		if v != nil && !slices.Contains(shared, i) {
			split = op.SplitEvenly(v, 0, groups)
		}
		for g := range parts {
			if split != nil {
				v = split[g]
			}
			parts[g] = append(parts[g], v)
		}
	}
	var columns [][]*ir.Value // of each result
	for _, part := range parts {
		for i, v := range body(part) {
			if i == len(columns) {
				columns = append(columns, nil)
			}
			columns[i] = append(columns[i], v)
		}
	}
	out := make([]*ir.Value, len(columns))
	for i, c := range columns {
		if slices.Contains(summed, i) {
			out[i] = op.Sum(c...)
		} else {
			out[i] = op.Concat(0, c...)
		}
	}
	return out
}

// count is the number of elements of a channel.
func (f batchNorm) count(x *ir.Value) float64 {
	return float64(x.Shape.Elems() / x.Shape[channelAxis(x, f.Last)].Size)
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f batchNorm) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0}, []int{0}
}

// Narrow: x and y; parameters and statistics are not.
func (batchNorm) Narrow() (in, out []int, begins bool) { return []int{0}, []int{0}, false }
