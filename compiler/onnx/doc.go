// Package onnx turns graphs into ONNX models and ONNX models into graphs. It is the only package that knows protobuf.
//
// [Emit] is one to one: a node of the graph is a node of the model, named after its first output; a constant is an initializer (a
// Constant node inside a function body); every function call has a FunctionProto with the body for its own attributes and input
// types. Calls of one function that differ in these share the name and differ in the overload (IR version 10). The same graph
// gives the same bytes.
//
// [ReadModel] and [ReadTensor] read what Emit wrote, and the standard's own node tests; [Model.Graph] makes a graph of a model.
// Input is not trusted: lengths are compared with the bytes at hand before anything is allocated, nesting is bounded.
//
// The messages in schema.go follow the ONNX specification, IR version 10, as far as ssc needs it. Each message lists its fields
// once, for writing and for reading; wire.go does both on google.golang.org/protobuf's encoding/protowire.
//
// Neighbours: ir, whose graphs it reads and builds. It imports no operators: callers bring a lookup.
//
//	model, err := onnx.Emit(g, onnx.Options{Producer: "ssc"})
package onnx
