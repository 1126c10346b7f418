// Package compiler turns a resolved pipeline into a plan: the training step as one ONNX graph, the graph that extracts features, and everything the
// runtime must know to drive them.
//
// Phases, each in a file: decode the blocks into components (root.go), resolve the data pipeline (data.go), build forward, backward and update of the step
// (step.go), build extraction (extract.go), run the passes (pass), check that the device computes what is left (device.go), assign buffers and emit (emit.go). A phase reports all its errors and ends the compilation if there are any. No file of the
// pipeline's data is opened.
package compiler

import (
	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/algorithm"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
	"ssc/compiler/probe"
	"ssc/lang/schema"
)

// Options say what to compile for.
type Options struct {
	Device  string // "cpu" (default), "cuda", or "cuda:1" for another than the first GPU
	Version string // of ssc, recorded in the plan
	Name    string // of the pipeline when the file gives none
	// Kernels are the functions of domain ai.ssc that the target has a native kernel for; nil: the bodies run.
	Kernels []string
	// NoPasses leaves the graphs as the components built them, for inspection.
	NoPasses bool
}

// Result is a compiled pipeline.
type Result struct {
	Plan  *plan.Plan
	Files map[string][]byte // the models by file name; plan.json is made by plan.Write
	// Train and Extract are the graphs that were emitted.
	Train, Extract *ir.Graph
}

// Compile compiles the resolved pipeline b. Diagnostics point into the pipeline's files.
func Compile(b *schema.Block, t Tables, o Options) (*Result, hcl.Diagnostics) {
	c := &compilation{options: o, blocks: map[schema.Component]*schema.Block{}, block: b, root: t.Root().(*root)}
	phases := []func(){c.decode, c.resolveData, c.buildStep, c.buildExtract, c.optimise, c.checkDevice, c.emit}
	for _, phase := range phases {
		phase()
		if c.diags.HasErrors() {
			return nil, c.diags
		}
	}
	return &Result{Plan: c.plan, Files: c.files, Train: c.train.G, Extract: c.extract.G}, c.diags
}

type compilation struct {
	options Options
	block   *schema.Block
	root    *root
	blocks  map[schema.Component]*schema.Block // where each component was written
	diags   hcl.Diagnostics

	data    []plan.Dataset
	train   *stepGraph
	extract *inferenceGraph
	extra   []*inferenceGraph // that probes need
	layout  string            // of the maps of a step
	native  []string          // functions of the step that native kernels compute, if it calls them
	needs   probe.Needs
	plan    *plan.Plan
	files   map[string][]byte
}

// decode fills the components from the blocks.
func (c *compilation) decode() {
	c.diags = append(c.diags, schema.Decode(c.root, c.block)...)
	c.index(c.root, c.block)
	if c.diags.HasErrors() {
		return
	}
	if c.root.dataset("train") == nil {
		c.errorf(c.block, "", "Missing block", "The pipeline needs a block dataset \"train\": the images to train on.")
	}
	if cl, ok := c.root.algorithm.(algorithm.Clusterer); ok && c.root.dataset(cl.Extractor()) == nil {
		c.errorf(c.blocks[c.root.algorithm], "extractor", "Unknown dataset", "There is no dataset %q.%s", cl.Extractor(), schema.DidYouMean(cl.Extractor(), c.root.names()))
	}
	if d, ok := c.root.algorithm.(algorithm.Delayed); ok {
		if n, arg := d.Begins(); n > 0 && n >= c.root.train.epochs {
			c.errorf(c.blocks[c.root.algorithm], arg, "Warm-up too long", "%s = %d, but training ends after %d epochs: a part of the loss would never count. Write less, or more epochs in train.", arg, n, c.root.train.epochs)
		}
	}
	for _, list := range [][]schema.Component{c.root.monitors, c.root.evaluates} {
		for _, p := range list {
			c.checkProbe(p)
		}
	}
}

// checkProbe reports datasets that a probe names and the file does not have.
func (c *compilation) checkProbe(p schema.Component) {
	names := c.root.names()
	for _, want := range p.(interface{ Datasets() []string }).Datasets() {
		if c.root.dataset(want) == nil {
			c.errorf(c.blocks[p], argWith(c.blocks[p], want), "Unknown dataset", "There is no dataset %q.%s", want, schema.DidYouMean(want, names))
		}
	}
}

// argWith finds the argument whose value is the text.
func argWith(b *schema.Block, text string) string {
	for _, a := range b.Args {
		if a.Value.IsKnown() && !a.Value.IsNull() && a.Value.Type().FriendlyName() == "string" && a.Value.AsString() == text {
			return a.Name
		}
	}
	return ""
}

// index remembers the block of every component that Decode filled.
func (c *compilation) index(comp schema.Component, b *schema.Block) {
	schema.Walk(b, func(held schema.Component, block *schema.Block) { c.blocks[held] = block })
	c.blocks[comp] = b
}

// report takes over what was found while a graph was built.
func (c *compilation) report(d hcl.Diagnostics) { c.diags = append(c.diags, d...) }

// errorf reports an error at an argument of the block, or at the block.
func (c *compilation) errorf(b *schema.Block, arg, summary, format string, args ...any) {
	r := &schema.Report{Block: b}
	r.Errorf(arg, summary, format, args...)
	c.diags = append(c.diags, r.Diags...)
}
