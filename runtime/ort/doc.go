// Package ort runs ONNX models with ONNX Runtime on buffers that the caller owns.
//
// A [Session] is a loaded model, a [Tensor] a buffer outside Go's heap, a [Binding] the assignment of tensors to the inputs and
// outputs of a session. An output may be bound to the tensor of an input: a training step then updates its state in place, without a
// copy, provided that every other reader of that input comes before the update (the compiler proves it).
//
//	s, err := ort.NewSession(model, ort.SessionOptions{DisableMemPattern: true})
//	w, err := ort.NewTensor("f32", []int{4, 5})
//	b, err := s.Bind(map[string]*ort.Tensor{"w": w, "x": x}, map[string]*ort.Tensor{"w_next": w, "loss": loss})
//	err = b.Run(ctx)
//
// The executor is github.com/yalue/onnxruntime_go; what it lacks (buffers outside the heap, run options with a binding, external
// initializers, scalars, statistics) is called directly from native.go; device.go has memory of a GPU, which the session's inputs and outputs lie in.
// These two are the package's only files with cgo. Nothing is reported to or kept about
// anybody: telemetry is switched off before the library can start it.
package ort
