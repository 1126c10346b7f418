// Package tensorrt turns the extraction graph of a plan and the weights of a checkpoint into the graph that an engine is built from: standard operators that TensorRT's parser takes, weights and
// normalisation inside, batch norm folded into convolutions, one free axis, and every type written down, so that the builder has none to choose (a strongly typed network, the only kind that
// TensorRT 11 knows).
//
//	g, err := tensorrt.Read(model, source, places) // float32
//	g = tensorrt.Typed(g, ir.Float16)              // or Quantised, with the ranges that a calibration found
//	diags := tensorrt.Check(g)
//	model, err = tensorrt.Emit(g, tensorrt.Options{})
//
// Names of values stay those of the extraction graph, and a node's doc string is the file:line,col of the block that it was made for: what a builder says of a node is said of a line.
//
// Neighbours: compiler makes the extraction graph, onnx reads and writes it, pass cleans it; runtime/tensorrt builds and runs engines.
package tensorrt
