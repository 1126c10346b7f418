// Package tensorrt builds engines from models, keeps what an engine is bound to in a file beside it, and runs engines.
//
// There are four builders, none of which comes with ssc: the program trtexec, ONNX Runtime's TensorRT provider, libnvinfer, and TensorRT-RTX, which alone builds on a machine without a GPU.
// [Look] finds what is there, [Machine.Choose] picks one and says why, [Build] makes the engine. A builder that fails is a [Failure] with its own words.
//
// libnvinfer has C++ interfaces only. shim/shim.cpp is compiled, when it is first needed, against the headers of the TensorRT that is there, and kept in the cache folder.
//
// Neighbours: compiler/tensorrt makes the models; runtime/probe is given an [Engine] in a session's place; the command joins them.
package tensorrt
