// Package probe declares the measurements of what an encoder has learnt, one file each: the contents of `evaluate` and `monitor` blocks. The runtime
// carries them out.
package probe

import "ssc/lang/schema"

// Probe is a measurement on extracted features.
type Probe interface {
	schema.Component
	// Datasets names the datasets whose features it needs.
	Datasets() []string
}

// Table is the table of probes.
var Table = schema.NewTable[Probe]("probe")
