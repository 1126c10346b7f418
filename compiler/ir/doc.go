// Package ir is the graph that the whole compiler works on: ONNX operators (opset 18) and functions of domain
// "ai.ssc", joined by typed values that remember the source range that caused them.
//
// A graph is built by applying operators to values: a builder such as op.Add(x, y) calls [Apply], which runs the
// operator's shape rule and appends a node. A shape rule that fails records a diagnostic at the graph's current source
// range and yields invalid values; operators applied to invalid values yield invalid values silently, so one mistake is
// reported once and building goes on.
//
// Invariants, checked by [Verify]: nodes stand in topological order, every value is defined once and has a unique name,
// every node's outputs have the types that its shape rule gives.
//
// The package imports nothing else of ssc. Neighbours: op and fn define operators, autodiff differentiates graphs,
// pass rewrites them, onnx emits them.
package ir
