// Package probe measures what an encoder has learnt, one file for each probe of compiler/probe: it extracts features with the plan's graphs and classifies them,
// or looks at how they are spread. It changes no weight of the encoder.
//
// A [Subject] is what is measured: the encoder with its weights of this moment, or the images themselves. [New] makes the probe of a block of the
// plan, and its Measure gives numbers that depend on the plan, the weights and the images alone.
//
// Neighbours: runtime/train says when to measure, runtime/loader makes the images, runtime/ort executes the graphs.
package probe
