package compiler

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
)

// extractGraph computes features of images: input "images" [batch, channel, height, width] with a symbolic batch, output "features" [batch, dim] (the map itself with
// pool_size = 0). Its parameters carry the names they have in the training state.
type extractGraph struct{ *nn.Builder }

// images is the name of the input of the extraction graph, features that of its output.
const (
	images   = "images"
	features = "features"
)

// buildExtract builds the graph for images of the size of the first evaluated dataset, or of the training views.
func (c *compilation) buildExtract() {
	t := c.dataset("train").Views[0].Image
	for _, d := range c.data {
		if d.Name != "train" {
			t = d.Views[0].Image
			break
		}
	}
	b := nn.NewBuilder("extract", false, ir.Dim{Name: "batch", Size: -1}, nil)
	b.Blocks = c.blocks
	c.extract = &extractGraph{b}
	x := b.G.Input(images, ir.Float32, ir.Shape{b.Batch(), {Name: "channel", Size: t.Channels}, {Name: "height", Size: t.Height}, {Name: "width", Size: t.Width}})
	maps := c.root.algorithm.Features(b, x)
	y := maps[len(maps)-1]
	defer b.G.SetScope("")()
	if size := c.root.export.poolSize; size > 0 && y.Valid() {
		if len(y.Shape) == 4 {
			y = nn.AvgPool(y, size)
		}
		y = nn.Flatten(y)
	}
	if c.report(b.G.Diags); c.diags.HasErrors() {
		return
	}
	if y.Def == nil || y.Name == features {
		y = op.Identity(y)
	}
	b.G.Rename(y, features)
	b.G.Output(y)
	for _, st := range b.States {
		have := c.train.Lookup(st.Name)
		if have == nil || !have.In.Shape.Equal(st.In.Shape) {
			c.errorf(c.blocks[c.root.algorithm], "", "Features not trained", "The features read %s %s, which the training step does not have.", st.Name, st.In.Type)
		}
	}
}

// neighbours is the graph of the nearest-neighbour probe: inputs queries [query, dim] and bank [sample, dim] of unit rows; outputs the k largest cosines and their rows in the bank, both [query, k].
func neighbours(k int) *ir.Graph {
	g := ir.New("neighbours")
	dim := ir.Dim{Name: "dim", Size: -1}
	q := g.Input("queries", ir.Float32, ir.Shape{{Name: "query", Size: -1}, dim})
	bank := g.Input("bank", ir.Float32, ir.Shape{{Name: "sample", Size: -1}, dim})
	cos, row := op.TopK(op.MatMul(q, op.Transpose(bank, 1, 0)), k, op.TopKOptions{Axis: -1, Largest: true, Sorted: true})
	g.Rename(cos, "cosine")
	g.Rename(row, "row")
	g.Output(cos)
	g.Output(row)
	return g
}

// maxNeighbours is the largest k that a probe asks for; 0 when none does.
func (c *compilation) maxNeighbours() int {
	k := 0
	for _, list := range [][]plan.Component{c.components("monitor"), c.components("evaluate")} {
		for _, p := range list {
			k = max(k, p.Int("k"))
		}
	}
	return k
}
