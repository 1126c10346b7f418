// Package profile shows where the time of a training step goes: how long each function took, the floating-point operations and bytes of it beside what the machine can do, and the line of
// the pipeline that caused it.
//
// A [Recorder] watches the first steps of a process. ONNX Runtime times every node from the moment a session is made; after [Warmup] steps, in which memory is taken and kernels are
// prepared, [Steps] steps are kept, and the session runs on without being timed. Numbers of a step do not depend on any of it.
//
//	r := profile.New(profile.Options{Nodes: nodes, Threads: 2})
//	session, err := ort.NewSession(model, ort.SessionOptions{Profile: r.Prefix()})
//	r.Span(profile.Run, began)             // for each part of a step …
//	if r.Step(1) { p, trace, err = r.Finish(session) } // … and at its end
//
// Neighbours: runtime/train drives it, cmd hands it what the compiler knows of each node, runtime/report shows the result.
package profile
