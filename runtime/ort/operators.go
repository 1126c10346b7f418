package ort

/*
#include <stdlib.h>

#include "operators.h"
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/cgo"
	"unsafe"

	onnx "github.com/yalue/onnxruntime_go"

	"ssc/kernels/cuda"
)

// Launcher has sessions compute functions by kernels of a GPU instead of their bodies. It must be there as long as such a session.
//
// The functions become operators of domain ai.ssc of the provider that the session has. Each node of them is planned once ([cuda.Function.Plan]), when the session is created; a run launches what was planned,
// on the session's stream.
type Launcher struct {
	Functions []*cuda.Function
	// Kernel finds a kernel of a source, as the driver launches it.
	Kernel func(source, name string) (unsafe.Pointer, error)
	// Launch, SetContext and Text are the driver's cuLaunchKernel, cuCtxSetCurrent and cuGetErrorString, Context the one to launch in.
	Launch, SetContext, Text, Context unsafe.Pointer
	// Libraries are NVIDIA's that compute what they can of the functions, nil for none, and LibraryCall is what to call for a work of theirs.
	Libraries   cuda.Libraries
	LibraryCall func(w cuda.Work) (LibraryCall, error)
}

// LibraryCall begins a work of a library on a stream: Run is called with What, the stream and the addresses of the work's arguments. It returns 0 or an error, whose text Text finds.
type LibraryCall struct {
	Name            string
	Run, Text, What unsafe.Pointer
}

// operators are those of a session.
type operators struct {
	lib    *library
	domain handle
	driver *C.launcher // in C's memory
	list   []*C.operator
	ids    []cgo.Handle
}

// operator is what Go knows of one: the function, and who launches its kernels.
type operator struct {
	lib      *library
	f        *cuda.Function
	launcher *Launcher
	driver   *C.launcher
}

// operators enters a launcher's functions into the options of a session, for providers of these names.
func (l *library) operators(opts *onnx.SessionOptions, launcher *Launcher, providers []string) (*operators, error) {
	o := &operators{lib: l, driver: (*C.launcher)(C.calloc(1, C.sizeof_launcher))}
	*(*unsafe.Pointer)(unsafe.Pointer(&o.driver.launch)) = launcher.Launch
	*(*unsafe.Pointer)(unsafe.Pointer(&o.driver.current)) = launcher.SetContext
	*(*unsafe.Pointer)(unsafe.Pointer(&o.driver.text)) = launcher.Text
	o.driver.context = launcher.Context
	for _, f := range launcher.Functions {
		id := cgo.NewHandle(&operator{l, f, launcher, o.driver})
		o.ids = append(o.ids, id)
		for _, p := range providers {
			for _, large := range f.Types() {
				o.add(f, p, large, id)
			}
		}
	}
	if len(o.list) == 0 {
		return o, nil
	}
	if err := l.check(C.operators_domain(l.table, inner(handle(opts)), &o.list[0], C.size_t(len(o.list)), &o.domain)); err != nil {
		o.close()
		return nil, fmt.Errorf("registering kernels: %w", err)
	}
	return o, nil
}

// add makes an operator for a provider and a type of large tensors.
func (o *operators) add(f *cuda.Function, provider, large string, id cgo.Handle) {
	name := C.CString(f.Name)
	defer C.free(handle(name))
	var of *C.char
	if provider != "" {
		of = C.CString(provider)
		defer C.free(handle(of))
	}
	made := C.operator_new(o.lib.table, name, of, C.uintptr_t(id))
	for k, list := range []string{f.In, f.Out} {
		for i, a := range cuda.Arguments(list, large) {
			C.operator_args_of(made, C.int(k), C.size_t(i), C.int(onnxType(a.DType)), flag(a.Optional))
		}
	}
	o.list = append(o.list, made)
}

// onnxType is ONNX's number of an element type of ours, 0 if it is none.
func onnxType(name string) int {
	for _, d := range dtypes {
		if d.name == name {
			return d.onnx
		}
	}
	return 0
}

// close frees what the session has used.
func (o *operators) close() {
	if o.domain != nil {
		C.operators_release(o.lib.table, o.domain)
	}
	for _, made := range o.list {
		C.operator_free(made)
	}
	for _, id := range o.ids {
		id.Delete()
	}
	C.free(handle(o.driver))
}

// known reads what ONNX Runtime says of a node: from a kernel's info or, while shapes are inferred, from a context.
type known struct {
	lib           *library
	info, context handle
}

func (k known) Float(name string) float32 {
	var v C.float
	s := C.CString(name)
	defer C.free(handle(s))
	C.operator_float(k.lib.table, k.info, k.context, s, &v)
	return float32(v)
}

func (k known) Int(name string) int {
	var v C.int64_t
	s := C.CString(name)
	defer C.free(handle(s))
	C.operator_int(k.lib.table, k.info, k.context, s, &v)
	return int(v)
}

func (k known) Ints(name string) (out []int) {
	var v [2 * maxRank]C.int64_t
	n := C.size_t(len(v))
	s := C.CString(name)
	defer C.free(handle(s))
	if C.operator_ints(k.lib.table, k.info, k.context, s, &v[0], &n) == 0 {
		return nil
	}
	for _, x := range v[:n] {
		out = append(out, int(x))
	}
	return out
}

// errOpen says that a shape is not known yet.
var errOpen = errors.New("a shape is not known")

// plan plans the node of an operator.
func (o *operator) plan(k known) (*cuda.Call, error) {
	in := make([]cuda.Tensor, C.operator_inputs(k.lib.table, k.info, k.context))
	for i := range in {
		var dims [C.operator_axes]C.int64_t
		var rank C.size_t
		var typ C.int
		if C.operator_input(k.lib.table, k.info, k.context, C.size_t(i), &typ, &dims[0], &rank) == 0 {
			continue
		}
		if rank > C.operator_axes {
			return nil, fmt.Errorf("input %d of %s has %d axes, at most %d are supported", i, o.f.Name, rank, int(C.operator_axes))
		}
		in[i] = cuda.Tensor{DType: dtypeOf(int(typ)), Dims: make([]int, rank)}
		for a := range in[i].Dims {
			if in[i].Dims[a] = int(dims[a]); dims[a] < 0 {
				return nil, fmt.Errorf("input %d of %s: %w", i, o.f.Name, errOpen)
			}
		}
	}
	limits := cuda.Usual
	limits.Libraries = o.launcher.Libraries
	return o.f.Plan(in, k, limits)
}

func operatorOf(id C.uintptr_t) *operator { return cgo.Handle(id).Value().(*operator) }

// said is an error's text in C's memory.
func said(err error) *C.char {
	if err == nil {
		return nil
	}
	return C.CString(err.Error())
}

// sscInfer gives the results of a node their types and shapes, and leaves them open where those of an input are.
//
//export sscInfer
func sscInfer(id C.uintptr_t, context unsafe.Pointer) *C.char {
	o := operatorOf(id)
	c, err := o.plan(known{o.lib, nil, context})
	if errors.Is(err, errOpen) {
		return nil
	}
	if err != nil {
		return said(err)
	}
	for i, t := range c.Out {
		var dims [C.operator_axes]C.int64_t
		for a, d := range t.Dims {
			dims[a] = C.int64_t(d)
		}
		if err := o.lib.check(C.operator_result(o.lib.table, context, C.size_t(i), C.int(onnxType(t.DType)), &dims[0], C.size_t(len(t.Dims)))); err != nil {
			return said(err)
		}
	}
	return nil
}

// sscPlan plans a node for its runs.
//
//export sscPlan
func sscPlan(id C.uintptr_t, info unsafe.Pointer, n *C.node) *C.char {
	o := operatorOf(id)
	c, err := o.plan(known{o.lib, info, nil})
	if err != nil {
		return said(err)
	}
	if len(c.In) > C.operator_args || len(c.Out) > C.operator_args {
		return said(fmt.Errorf("%s has %d inputs and %d outputs, at most %d are supported", o.f.Name, len(c.In), len(c.Out), int(C.operator_args)))
	}
	n.by, n.scratch = o.driver, C.size_t(c.Scratch)
	n.inputs, n.outputs, n.launches = C.int(len(c.In)), C.int(len(c.Out)), C.int(len(c.Launches))
	for i, t := range c.In {
		n.in[i] = shapeOf(t)
	}
	for i, t := range c.Out {
		n.out[i] = shapeOf(t)
	}
	n.launch = (*C.launching)(C.calloc(C.size_t(max(len(c.Launches), 1)), C.sizeof_launching))
	for i, l := range c.Launches {
		if err := o.write(&unsafe.Slice(n.launch, len(c.Launches))[i], l); err != nil {
			return said(fmt.Errorf("%s: %w", o.f.Name, err))
		}
	}
	return nil
}

func shapeOf(t cuda.Tensor) (s C.shape) {
	s.rank, s.bytes = C.size_t(len(t.Dims)), C.size_t(t.Bytes())
	for a, d := range t.Dims {
		s.dims[a] = C.int64_t(d)
	}
	return s
}

// write writes a launch as C reads it.
func (o *operator) write(to *C.launching, l cuda.Launch) (err error) {
	if len(l.Args) > C.launch_args {
		return fmt.Errorf("%s takes %d arguments, at most %d are supported", l.Kernel, len(l.Args), int(C.launch_args))
	}
	if l.Work == nil {
		to.what, err = o.launcher.Kernel(o.f.Source, l.Kernel)
	} else {
		err = o.calls(to, l.Work)
	}
	if err != nil {
		return err
	}
	to.blocks, to.threads, to.count = C.uint(l.Blocks), C.uint(l.Threads), C.int(len(l.Args))
	for i, a := range l.Args {
		kind, value := 0, uint64(0)
		switch a := a.(type) {
		case nil:
		case cuda.Input:
			kind, value = 1, uint64(a)
		case cuda.Output:
			kind, value = 2, uint64(a)
		case cuda.Scratch:
			kind, value = 3, uint64(a)
		default:
			var b [8]byte
			if _, err := binary.Encode(b[:], binary.NativeEndian, a); err != nil {
				return fmt.Errorf("argument %d of %s: %w", i, l.Kernel, err)
			}
			value = binary.NativeEndian.Uint64(b[:])
		}
		to.args[i] = C.argument{kind: C.int(kind), value: C.uint64_t(value)}
	}
	return nil
}

// calls writes what to call for a work of a library.
func (o *operator) calls(to *C.launching, w cuda.Work) error {
	call, err := o.launcher.LibraryCall(w)
	if err != nil {
		return err
	}
	to.what = call.What
	*(*unsafe.Pointer)(unsafe.Pointer(&to.run)) = call.Run
	*(*unsafe.Pointer)(unsafe.Pointer(&to.text)) = call.Text
	for i := range min(len(call.Name), len(to.name)-1) {
		to.name[i] = C.char(call.Name[i])
	}
	return nil
}
