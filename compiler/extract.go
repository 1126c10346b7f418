package compiler

import (
	"fmt"
	"slices"

	"ssc/compiler/algorithm"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
	"ssc/compiler/plan"
	"ssc/compiler/probe"
	"ssc/lang/schema"
)

// inferenceGraph computes something of images: input "images" [batch, channel, height, width] with a symbolic batch. Its parameters carry the names they have in
// the training state.
type inferenceGraph struct{ *nn.Builder }

// images is the name of the input of inference graphs, features that of the output of extraction and embedding, [batch, dim] (of extraction, the map itself with
// pool_size = 0).
const (
	images   = "images"
	features = "features"
)

// evaluated is the type of the images of the first evaluated dataset, or of the training views. A dataset that is only clustered may have images of another size.
func (c *compilation) evaluated() plan.ImageType {
	clusterer, _ := c.root.algorithm.(algorithm.Clusterer)
	for _, d := range c.data {
		if d.Name != "train" && (clusterer == nil || d.Name != clusterer.Extractor()) {
			return d.Views[0].Image
		}
	}
	return c.dataset("train").Views[0].Image
}

// buildExtract builds the extraction graph and those that the probes need.
func (c *compilation) buildExtract() {
	a := c.root.algorithm
	c.extract = c.inference("extract", c.evaluated(), func(b *nn.Builder, x *ir.Value) []nn.Metric {
		return []nn.Metric{{Name: features, Value: c.exported(b, x)}}
	})
	classifier, isClassifier := a.(algorithm.Classifier)
	for _, list := range [][]schema.Component{c.root.monitors, c.root.evaluates} {
		for _, p := range list {
			var own probe.Needs
			p.(probe.Probe).Needs(&own)
			if own.Classify && !isClassifier {
				c.errorf(c.blocks[p], "", "No classifier", "The probe %s measures the classifier that is trained, but the algorithm learns no classes. Use the probe knn or linear.", c.blocks[p].Label)
				continue
			}
			p.(probe.Probe).Needs(&c.needs)
			c.checkImages(p.(probe.Probe), own)
		}
	}
	if c.needs.Embed {
		c.extra = append(c.extra, c.inference("embed", c.dataset("train").Views[0].Image, func(b *nn.Builder, x *ir.Value) []nn.Metric {
			if e, ok := a.(algorithm.Embedder); ok {
				return []nn.Metric{{Name: features, Value: e.Embed(b, x)}}
			}
			return []nn.Metric{{Name: features, Value: c.pooled(b, a.Features(b, x), 1)}}
		}))
	}
	if cl, ok := a.(algorithm.Clusterer); ok {
		c.needs.Nearest = true
		c.extra = append(c.extra, c.inference(algorithm.ClusterGraph, c.dataset(cl.Extractor()).Views[0].Image, func(b *nn.Builder, x *ir.Value) []nn.Metric {
			return []nn.Metric{{Name: features, Value: cl.Embed(b, x)}}
		}))
	}
	if c.needs.Classify {
		c.extra = append(c.extra, c.inference("classify", c.evaluated(), classifier.Classify))
	}
}

// exported is what the export block asks for.
func (c *compilation) exported(b *nn.Builder, x *ir.Value) *ir.Value {
	a, layer := c.root.algorithm, c.root.export.layer
	if e, ok := a.(algorithm.Embedder); ok && layer == "embedding" {
		return e.Embed(b, x)
	}
	maps := a.Features(b, x)
	if layer == "last" || b.G.Diags.HasErrors() {
		return c.pooled(b, maps, c.root.export.poolSize)
	}
	valid := []string{"last"}
	for i := range maps {
		valid = append(valid, fmt.Sprintf("map%d", i))
	}
	if i := slices.Index(valid, layer); i > 0 {
		return c.pooled(b, maps[i-1:i], c.root.export.poolSize)
	}
	if _, ok := a.(algorithm.Embedder); ok {
		valid = append(valid, "embedding")
	}
	c.errorf(c.blocks[&c.root.export], "layer", "Unknown layer", "There is no layer %q in this network.%s", layer, schema.DidYouMean(layer, valid))
	return c.pooled(b, maps, c.root.export.poolSize)
}

// checkImages compares the images of a probe's datasets with those that its graph is built for.
func (c *compilation) checkImages(p probe.Probe, n probe.Needs) {
	want := c.evaluated()
	if n.Embed {
		want = c.dataset("train").Views[0].Image
	}
	for _, name := range p.Datasets() {
		if got := c.dataset(name).Views[0].Image; got.Height != want.Height || got.Width != want.Width {
			b := c.blocks[p]
			c.errorf(b, argWith(b, name), "Shape mismatch", "The probe %s looks at dataset %q, whose images are [height=%d, width=%d], through a graph for [height=%d, width=%d]. Give all datasets that are evaluated one size.",
				b.Label, name, got.Height, got.Width, want.Height, want.Width)
		}
	}
}

// pooled is the deepest map, averaged to size×size cells and flattened; with size 0 as it is.
func (c *compilation) pooled(b *nn.Builder, maps []*ir.Value, size int) *ir.Value {
	defer b.G.SetScope("")()
	y := maps[len(maps)-1]
	if size == 0 || !y.Valid() {
		return y
	}
	if len(y.Shape) == 4 {
		y = nn.AvgPool(y, size)
	}
	return nn.Flatten(y)
}

// inference builds a graph over images of a type; its outputs are named by build.
func (c *compilation) inference(name string, t plan.ImageType, build func(*nn.Builder, *ir.Value) []nn.Metric) *inferenceGraph {
	b := nn.NewBuilder(name, false, ir.Dim{Name: "batch", Size: -1}, nil)
	b.Blocks = c.blocks
	x := b.G.Input(images, ir.Float32, ir.Shape{b.Batch(), {Name: "channel", Size: t.Channels}, {Name: "height", Size: t.Height}, {Name: "width", Size: t.Width}})
	outs := build(b, x)
	defer b.G.SetScope("")()
	if c.report(b.G.Diags); c.diags.HasErrors() {
		return nil
	}
	for _, o := range outs {
		y := o.Value
		if y.Def == nil || y.Name == o.Name {
			y = op.Identity(y)
		}
		b.G.Rename(y, o.Name)
		b.G.Output(y)
	}
	for _, st := range b.States {
		have := c.train.Lookup(st.Name)
		if have == nil || !have.In.Shape.Equal(st.In.Shape) {
			c.errorf(c.blocks[c.root.algorithm], "", "Features not trained", "The graph %s reads %s %s, which the training step does not have.", name, st.Name, st.In.Type)
		}
	}
	return &inferenceGraph{b}
}
