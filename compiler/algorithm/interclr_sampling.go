package algorithm

import (
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
)

// Bounds of the draws. A number that is drawn below whole and taken modulo what there is to choose from, at most 2^24, favours none by more than 2^-16 of its chance; keys below key put an order on a pool.
const (
	whole = 1 << 40
	key   = 1 << 31
)

// pool is the argument that sizes the pool of the sampling, and its value; an empty name where there is no pool.
func (a *interclr) pool() (name string, size int) {
	switch a.sampling {
	case "semihard":
		return "semihard_neg_pool_num", a.hard
	case "semieasy":
		return "semieasy_neg_pool_num", a.easy
	}
	return "", 0
}

// compared are the similarities of queries q, [batch, dim], with the memory's key of a random image of the same cluster, [batch, 1], less the margin, and with those of images of other clusters, [batch, neg_num].
// As in npid the product with all keys, [batch, length], is made once: it is needed to choose from, and gathered keys would take more.
func (a *interclr) compared(b *nn.Builder, m *nn.Clusters, q *ir.Value) (positive, negatives *ir.Value) {
	n := a.numbered(b, m)
	same := op.Gather(m.Rows(), n.own(b.Draw("positives", ir.Shape{b.Batch()}, whole)), 0)
	similarities := fn.Linear(q, m.Rows(), nil, fn.NoActivation)
	return a.inter.apply(products(q, same)), op.GatherElements(similarities, a.others(b, m, n, similarities), 1)
}

// others are the rows of neg_num images of other clusters, drawn by the sampling: [batch, neg_num], int64.
func (a *interclr) others(b *nn.Builder, m *nn.Clusters, n *numbered, similarities *ir.Value) *ir.Value {
	draws := func(count, below int) *ir.Value {
		return b.Draw("negatives", ir.Shape{b.Batch(), {Name: "candidate", Size: count}}, below)
	}
	own := op.Unsqueeze(op.Gather(m.All(), m.Index(), 0), 1)
	switch name, pool := a.pool(); {
	case name != "":
		near := fn.TopIndices(similarities, pool, a.sampling == "semihard")
		allowed := op.Not(op.Equal(op.Gather(m.All(), near, 0), own))
		keys := draws(pool, key)
		first := fn.TopIndices(op.Where(allowed, keys, op.Scalar(keys, -1)), a.negatives, true)
		return op.GatherElements(near, inTurn(first, op.ReduceSum(op.Cast(allowed, ir.Int64), true, 1)), 1)
	case a.sampling == "hard":
		const least = -2 // less than any similarity
		same := op.Equal(op.Unsqueeze(m.All(), 0), own)
		first := fn.TopIndices(op.Where(same, op.Scalar(similarities, least), similarities), a.negatives, true)
		return inTurn(first, op.Unsqueeze(n.rest, 1))
	}
	return n.other(draws(a.negatives, whole))
}

// inTurn keeps the first n columns of each row of x, and repeats them in the place of the others. Shapes: x [batch, column], n [batch, 1], int64.
func inTurn(x, n *ir.Value) *ir.Value {
	column := op.Unsqueeze(op.Range(x.Graph(), ir.Int64, 0, float64(x.Shape[1].Size), 1), 0)
	return op.GatherElements(x, op.Mod(column, atLeastOne(n)), 1)
}

// atLeastOne keeps a remainder defined where there is nothing to choose from: before a stage has filled the memory, or where all images are in one cluster.
func atLeastOne(n *ir.Value) *ir.Value { return op.Max(n, op.Scalar(n, 1)) }

// numbered are the images of the memory sorted by cluster, and where in this order the clusters of the batch's images lie: what a number that is drawn below the size of a cluster, or of the rest, means. All are int64.
type numbered struct {
	order             *ir.Value // [row]
	first, size, rest *ir.Value // place of the cluster's first image, its images, those of other clusters: [batch]
	length            int
}

func (a *interclr) numbered(b *nn.Builder, m *nn.Clusters) *numbered {
	length := a.memory.of.length
	order := fn.TopIndices(m.All(), length, false)
	sizes := op.Cast(m.Counts(), ir.Int64)
	labels := m.Labels()
	size := op.Gather(sizes, labels, 0)
	return &numbered{order: order, length: length, size: size, first: op.Gather(op.CumSum(sizes, 0, op.CumSumOptions{Exclusive: true}), labels, 0),
		rest: op.Sub(op.Const(b.G, ir.ScalarTensor(ir.Int64, float64(length))), size)}
}

// own are the rows of random images of the batch's clusters. Shapes: draws and result [batch].
func (n *numbered) own(draws *ir.Value) *ir.Value {
	return op.Gather(n.order, op.Add(n.first, op.Mod(draws, atLeastOne(n.size))), 0)
}

// other are the rows of random images of other clusters: numbers from the beginning of the own one on mean images behind it. Shapes: draws and result [batch, draw].
func (n *numbered) other(draws *ir.Value) *ir.Value {
	column := func(x *ir.Value) *ir.Value { return op.Unsqueeze(x, 1) }
	place := op.Mod(draws, atLeastOne(column(n.rest)))
	behind := op.Cast(op.GreaterOrEqual(place, column(n.first)), ir.Int64)
	place = op.Add(place, op.Mul(behind, column(n.size)))
	return op.Gather(n.order, op.Min(place, op.Scalar(place, float64(n.length-1))), 0)
}
