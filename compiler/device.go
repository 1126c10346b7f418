package compiler

import (
	"ssc/compiler/cuda"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// checkDevice reports what the device would not compute of the graphs. A plan for a GPU has no native kernels: what is checked are the bodies of functions.
func (c *compilation) checkDevice() {
	if kind, _, _ := plan.ParseDevice(c.device()); kind != "cuda" { // what is no device was refused on the command line
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
