// Package cuda knows what ONNX Runtime's CUDA provider computes, and finds the nodes of a graph that it does not.
//
// A node without a CUDA kernel would run on the CPU, with copies of its inputs and outputs at every step; sessions for CUDA refuse that, but only when they are created, on the machine with
// the GPU, and without a line of the pipeline. [Check] says it when the plan is compiled, on any machine. [Manual] prints the table.
//
//	diags := cuda.Check(ir.InlineFunctions(g, nil), block)
//
// It also knows which calls of functions our own kernels take instead ([Plan], [Inline]).
//
// Neighbours: ir, whose graphs it reads; kernels/cuda, whose table says what kernels take; the compiler calls it for plans whose device is "cuda".
package cuda
