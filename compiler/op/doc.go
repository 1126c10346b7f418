// Package op holds the standard ONNX operators (opset 18) that ssc uses, one file each: the operator's struct with its attributes,
// its builder, shape rule, gradient and float64 definition, with samples from which the tests are generated.
//
// A file reads: builder function, struct, Name, Doc, Infer, Grad, Eval. Families (element-wise unary and binary operators,
// reductions) share their shape rule and evaluation loop in unary.go, binary.go and reduce.go. Axes, shapes and other settings that ONNX passes as
// inputs are constant values here too, so that emission is one to one.
package op
