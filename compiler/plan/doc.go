// Package plan is what crosses from the compiler to the runtime: the description of a compiled pipeline, its files on disk, and
// the pure functions that both sides must agree on (schedules, sample order, random numbers).
//
// A plan is a directory: plan.json, the graphs as ONNX models, nothing else. It holds no weights: the runtime initialises the
// state from the seed or from a checkpoint. The same pipeline gives the same bytes.
//
// The package knows neither graphs nor data: compiler/onnx writes the models, runtime/train interprets the rest.
package plan
