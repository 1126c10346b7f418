package compiler

import (
	"ssc/compiler/cuda"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// onGPU reports whether the plan is for a GPU. What is no device was refused on the command line.
func (c *compilation) onGPU() bool {
	kind, _, _ := plan.ParseDevice(c.device())
	return kind == "cuda"
}

// checkDevice reports what the device would not compute of the graphs. What is checked are the bodies of functions, also of those with kernels: they run where there is no compiler for these.
func (c *compilation) checkDevice() {
	if !c.onGPU() {
		return
	}
	graphs := []*ir.Graph{c.train.G}
	for _, e := range c.inferences() {
		graphs = append(graphs, e.G)
	}
	for _, g := range append(graphs, c.needs.Graphs()...) {
		c.report(cuda.Check(ir.InlineFunctions(g, nil), c.block.Range))
	}
}
