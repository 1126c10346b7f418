package probe

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Needs are the graphs that the probes and stages of a pipeline need beside the extraction graph.
type Needs struct {
	Nearest    bool // the graph "nearest"
	Neighbours int  // the largest k of the graph "neighbours"; 0: none
	Logistic   bool // the graph "logistic"
	Embed      bool // images to what the loss compares: the algorithm's graph "embed"
	Classify   bool // images to logits: the algorithm's graph "classify"
}

// Graphs are those of the needs that belong to no algorithm.
func (n Needs) Graphs() []*ir.Graph {
	var list []*ir.Graph
	if n.Nearest {
		list = append(list, nearest())
	}
	if n.Logistic {
		list = append(list, logistic())
	}
	if n.Neighbours > 0 {
		list = append(list, neighbours(n.Neighbours))
	}
	return list
}

// neighbours is the graph of the nearest-neighbour probe: inputs queries [query, dim] and bank [sample, dim] of unit rows; outputs the k largest cosines and their rows in the bank, both [query, k].
func neighbours(k int) *ir.Graph {
	g := ir.New("neighbours")
	dim := ir.Dim{Name: "dim", Size: -1}
	q := g.Input("queries", ir.Float32, ir.Shape{{Name: "query", Size: -1}, dim})
	bank := g.Input("bank", ir.Float32, ir.Shape{{Name: "sample", Size: -1}, dim})
	cos, row := op.TopK(op.MatMul(q, op.Transpose(bank, 1, 0)), k, op.TopKOptions{Axis: -1, Largest: true, Sorted: true})
	output(g, "cosine", cos)
	output(g, "row", row)
	return g
}

// nearest is the graph that k-means spends its time in: inputs x [vector, dim], centroids [cluster, dim] and half [cluster], half of their squared norms; output label [vector], the cluster of the nearest
// centroid, the first of equally near ones.
func nearest() *ir.Graph {
	g := ir.New("nearest")
	dim, cluster := ir.Dim{Name: "dim", Size: -1}, ir.Dim{Name: "cluster", Size: -1}
	x := g.Input("x", ir.Float32, ir.Shape{{Name: "vector", Size: -1}, dim})
	c, half := g.Input("centroids", ir.Float32, ir.Shape{cluster, dim}), g.Input("half", ir.Float32, ir.Shape{cluster})
	output(g, "label", op.ArgMax(op.Sub(op.MatMul(x, op.Transpose(c, 1, 0)), half), 1, false))
	return g
}

// logistic is the graph of the linear probes, a softmax regression in float64 on float32 features: inputs x [sample, dim], w [dim, class], b [class], label
// [sample], and class, the numbers 0, 1, … [class]; outputs logits [sample, class], loss, the sum of the samples' cross-entropies [], and its gradients dw and db. Parts of a dataset add up.
func logistic() *ir.Graph {
	g := ir.New("logistic")
	sample, dim, class := ir.Dim{Name: "sample", Size: -1}, ir.Dim{Name: "dim", Size: -1}, ir.Dim{Name: "class", Size: -1}
	x := op.Cast(g.Input("x", ir.Float32, ir.Shape{sample, dim}), ir.Float64)
	w, b := g.Input("w", ir.Float64, ir.Shape{dim, class}), g.Input("b", ir.Float64, ir.Shape{class})
	label, classes := g.Input("label", ir.Int64, ir.Shape{sample}), g.Input("class", ir.Int64, ir.Shape{class})
	logits := op.Add(op.MatMul(x, w), b)
	logp := op.LogSoftmax(logits, -1)
	truth := op.Cast(op.Equal(op.Unsqueeze(label, 1), classes), ir.Float64)
	excess := op.Sub(op.Exp(logp), truth)
	output(g, "logits", logits)
	output(g, "loss", op.Neg(op.ReduceSum(op.Mul(logp, truth), false)))
	output(g, "dw", op.Gemm(x, excess, nil, op.GemmOptions{TransA: true}))
	output(g, "db", op.ReduceSum(excess, false, 0))
	return g
}

func output(g *ir.Graph, name string, v *ir.Value) {
	g.Rename(v, name)
	g.Output(v)
}
