package nn

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Clusters are the features and clusters of all images, which outlive the step: the samples memory and the centroids memory of online clustering. A stage fills them before the first step.
type Clusters struct {
	scope                               Scope
	at                                  string    // file:line,col of the length
	index                               *ir.Value // of the batch's samples: [batch]
	k                                   int
	features, labels, centroids, counts *State
}

// NewClusters declares a memory of length images, so many as the training set must have, as the argument "length" of component c says, with features of dim numbers in k clusters, under MMSelfSup's names.
func NewClusters(s Scope, c schema.Component, length, dim, k int) *Clusters {
	return &Clusters{scope: s, at: s.B.Place(c, "length"), index: s.B.IndexOf(length, c), k: k,
		features:  s.Buffer("feature_bank", ir.Named("row", length, "dim", dim), Constant(0)),
		labels:    s.Buffer("label_bank", ir.Named("row", length), Constant(0)),
		centroids: s.Buffer("centroids", ir.Named("class", k, "dim", dim), Constant(0)),
		counts:    s.Buffer("counts", ir.Named("class", k), Constant(0))}
}

// Memory names the tensors for a plan's stages.
func (c *Clusters) Memory() *plan.Memory {
	return &plan.Memory{At: c.at, Features: c.features.Name, Labels: c.labels.Name, Centroids: c.centroids.Name, Counts: c.counts.Name}
}

// Index is the row of each sample of the batch: [batch], int64.
func (c *Clusters) Index() *ir.Value { return c.index }

// Rows are the features of all images at the beginning of the step: [row, dim].
func (c *Clusters) Rows() *ir.Value { return c.features.In }

// All are the clusters of all images at the beginning of the step: [row], float32.
func (c *Clusters) All() *ir.Value { return c.labels.In }

// Counts are the members of each cluster at the beginning of the step: [class], float32.
func (c *Clusters) Counts() *ir.Value { return c.counts.In }

// Labels are the clusters of the batch's samples at the beginning of the step: [batch], int64.
func (c *Clusters) Labels() *ir.Value {
	return op.Cast(op.Gather(c.labels.In, c.index, 0), ir.Int64)
}

// Weights are those of the clusters in a loss: (members + 1e-10)^-power, divided by the sum of all. Shape: [class].
func (c *Clusters) Weights(power float64) *ir.Value {
	defer c.scope.Enter()()
	n := fn.StopGradient(c.counts.In)
	w := op.Pow(op.Add(n, op.Scalar(n, 1e-10)), op.Scalar(n, -power))
	return op.Div(w, op.ReduceSum(w, false))
}

// Extremes log the members of the smallest and of the largest cluster.
func (c *Clusters) Extremes() {
	defer c.scope.Enter()()
	c.scope.B.Metric("cluster_min", op.ReduceMin(c.counts.In, false))
	c.scope.B.Metric("cluster_max", op.ReduceMax(c.counts.In, false))
}

// Move moves the features of the batch's samples towards z, [batch, dim], of which momentum is the share, and leaves the clusters alone. No gradient passes. A sample that is in the batch more than once, as where epochs are drawn
// with replacement, keeps what its last place makes of it: every place is given that, so that the order of writing does not count. It is called once in a step, unless Update is.
func (c *Clusters) Move(z *ir.Value, momentum float64) {
	defer c.scope.Enter()()
	c.move(z, momentum)
}

// move gives the moved features, [batch, dim], and the last places of the samples, [batch].
func (c *Clusters) move(z *ir.Value, momentum float64) (moved, last *ir.Value) {
	const eps = 1e-10
	z = Normalize(fn.StopGradient(z), eps)
	rows := op.Unsqueeze(c.index, 1)
	old := op.GatherND(c.features.In, rows, 0)
	moved = Normalize(op.Add(op.Mul(old, op.Scalar(old, 1-momentum)), op.Mul(z, op.Scalar(z, momentum))), eps)

	last = lastPlaces(rows, c.index)
	moved = op.Gather(moved, last, 0)
	c.features.New, c.features.Rows = moved, rows
	return moved, last
}

// Update moves the features as Move does, and gives each sample the cluster whose centroid has the largest product with its feature. It returns the share of places whose cluster changed. It is called once in a step.
func (c *Clusters) Update(z *ir.Value, momentum float64) *ir.Value {
	defer c.scope.Enter()()
	moved, last := c.move(z, momentum)
	before := c.Labels()
	after := op.ArgMax(op.MatMul(moved, op.Transpose(c.centroids.In, 1, 0)), -1, false)

	c.labels.New, c.labels.Rows = op.Cast(after, ir.Float32), c.features.Rows
	places := make([]int, z.Shape[0].Size)
	for i := range places {
		places[i] = i
	}
	counted := op.Cast(op.Equal(last, op.ConstInts(z.Graph(), places...)), ir.Float32)
	change := op.Sub(c.members(after), c.members(before))
	c.counts.New = op.Add(c.counts.In, op.ReduceSum(op.Mul(change, op.Unsqueeze(counted, 1)), false, 0))
	return op.ReduceMean(op.Cast(op.Not(op.Equal(before, after)), ir.Float32), false)
}

// members marks the cluster of each sample: [batch, class].
func (c *Clusters) members(labels *ir.Value) *ir.Value {
	onOff := ir.NewTensor(ir.Float32, 2)
	onOff.Data[1] = 1
	return op.OneHot(labels, c.k, op.Const(labels.Graph(), onOff), -1)
}
