// Package probe declares the measurements of what an encoder has learnt, one file each: the contents of `evaluate` and `monitor` blocks. The runtime
// carries them out.
package probe

import "ssc/lang/schema"

// Probe is a measurement on what a network makes of a dataset.
type Probe interface {
	schema.Component
	// Datasets names the datasets whose images it needs.
	Datasets() []string
	// Needs adds the graphs that it needs beside the extraction graph.
	Needs(n *Needs)
}

// Table is the table of probes.
var Table = schema.NewTable[Probe]("probe")

// every declares the interval of a monitor.
func every(s *schema.Set, p *int) {
	s.Int(p, "every", 1, "epochs between two measurements of a monitor", schema.Positive)
}

// classified are the arguments of the probes that learn from labelled images and classify others.
type classified struct {
	bank, queries        string
	every                int
	rawPixels, untrained bool
	maxBank, maxQueries  int
}

func (c *classified) declare(s *schema.Set, bank string) {
	s.String(&c.bank, "bank", "bank", "dataset of "+bank, schema.NotEmpty)
	s.String(&c.queries, "queries", "test", "dataset that is classified", schema.NotEmpty)
	every(s, &c.every)
	s.Bool(&c.rawPixels, "raw_pixels", false, "whether an evaluation also measures the images themselves as features")
	s.Bool(&c.untrained, "untrained", false, "whether an evaluation also measures the encoder as it was before training")
	s.Int(&c.maxBank, "max_bank", 0, "use only so many images of the bank, evenly spread; 0 uses all", schema.NonNegative)
	s.Int(&c.maxQueries, "max_queries", 0, "use only so many queries, evenly spread; 0 uses all", schema.NonNegative)
}

func (c *classified) datasets() []string { return []string{c.bank, c.queries} }
