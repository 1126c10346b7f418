// Package fn holds the functions of domain ai.ssc, one file each. A function is an operator that is defined by a body of standard
// operators (or other functions): a stock ONNX Runtime inlines the body, and where the kernel library has a kernel of that name, the kernel
// runs instead. A function may bring its own gradient, usually another function; tests check body, gradient, shape rule and kernel against one another.
//
// A file reads: builder, struct with attributes, Name, Doc with samples, Infer, Grad, Eval, Body, and what the function says of layouts (ChannelsLast),
// of bfloat16 (Narrow) and of its kernel's memory (Scratch).
package fn
