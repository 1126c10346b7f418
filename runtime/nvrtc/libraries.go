package nvrtc

/*
#include "cublaslt.h"
#include "cudnn.h"

static int cudnn_close(cudnn *c) { return c->handle ? c->destroy(c->handle) : 0; }
static int cublaslt_close(cublaslt *c) { return c->handle ? c->destroy(c->handle) : 0; }
static const char *cudnn_text(cudnn *c, int e) { return c->text(e); }
static const char *cublaslt_text(cublaslt *c, int e) { return c->text(e); }
static void *convolution_runner(void) { return convolution_run; }
static void *product_runner(void) { return product_run; }
*/
import "C"

import (
	"cmp"
	"errors"
	"fmt"
	"unsafe"

	"ssc/kernels/cuda"
	"ssc/runtime/ort"
)

// Libraries are cuDNN and cuBLASLt on an opened GPU, as far as they can be loaded. What is here of them follows their headers, and has been run with a library in their place (kernels/cuda/host).
type Libraries struct {
	d          *Driver
	cudnn      *C.cudnn    // in C's memory
	cublaslt   *C.cublaslt // in C's memory
	noCUDNN    error       // why it is not there
	noCUBLASLt error
	works      map[cuda.Work]*work
}

// work is a prepared one.
type work struct {
	ort.LibraryCall
	workspace int
	err       error
	begin     func(at *C.uint64_t) error // on the driver's own stream
	free      func()
}

// OpenLibraries loads both by their names or paths. What cannot be loaded refuses its works.
func OpenLibraries(d *Driver, cudnn, cublaslt string) *Libraries {
	l := &Libraries{d: d, cudnn: (*C.cudnn)(C.calloc(1, C.sizeof_cudnn)), cublaslt: (*C.cublaslt)(C.calloc(1, C.sizeof_cublaslt)), works: map[cuda.Work]*work{}}
	load := func(path string, f func(path *C.char) *C.char) error {
		name := C.CString(path)
		defer C.free(unsafe.Pointer(name))
		return ort.KeepingHandlers(func() error {
			if msg := f(name); msg != nil {
				return errors.New(C.GoString(msg))
			}
			return nil
		})
	}
	l.noCUDNN = load(cudnn, func(path *C.char) *C.char { return C.cudnn_load(path, l.cudnn) })
	l.noCUBLASLt = load(cublaslt, func(path *C.char) *C.char { return C.cublaslt_load(path, l.cublaslt) })
	return l
}

// Workspace is that of [cuda.Libraries].
func (l *Libraries) Workspace(w cuda.Work) (int, error) {
	p := l.prepare(w)
	return p.workspace, p.err
}

// Call is what a session calls for a work.
func (l *Libraries) Call(w cuda.Work) (ort.LibraryCall, error) {
	p := l.prepare(w)
	return p.LibraryCall, p.err
}

// prepare describes a work to its library, once.
func (l *Libraries) prepare(w cuda.Work) *work {
	if p := l.works[w]; p != nil {
		return p
	}
	p := &work{}
	l.works[w] = p
	switch w := w.(type) {
	case cuda.Convolution:
		p.err = cmp.Or(l.noCUDNN, l.d.here(func() error { return l.convolution(w, p) }))
	case cuda.Product:
		p.err = cmp.Or(l.noCUBLASLt, l.d.here(func() error { return l.product(w, p) }))
	default:
		p.err = fmt.Errorf("no library computes a %T", w)
	}
	return p
}

func (l *Libraries) convolution(w cuda.Convolution, p *work) error {
	var n [16]C.int
	for i, v := range []int{w.Images, w.In, w.Rows, w.Columns, w.Out, w.OutRows, w.OutColumns, w.Group, w.Window[0], w.Window[1], w.Strides[0], w.Strides[1], w.Pads[0], w.Pads[1], w.Dilations[0], w.Dilations[1]} {
		n[i] = C.int(v)
	}
	var made *C.convolution
	if err := l.faultOfCUDNN(C.convolution_new(l.cudnn, C.int(w.Of), &n[0], &made)); err != nil {
		return err
	}
	p.LibraryCall = ort.LibraryCall{Name: "cuDNN", Run: C.convolution_runner(), Text: unsafe.Pointer(l.cudnn.text), What: unsafe.Pointer(made)}
	p.begin = func(at *C.uint64_t) error { return l.faultOfCUDNN(C.convolution_run(p.What, l.d.calls.queue, at)) }
	p.workspace, p.free = int(made.workspace), func() { C.convolution_free(made) }
	return nil
}

func (l *Libraries) product(w cuda.Product, p *work) error {
	types := map[string]C.int{cuda.Wide: 0, cuda.Narrow: 14} // CUDA_R_32F, CUDA_R_16BF
	flag := map[bool]C.int{true: 1}
	var made *C.product
	e := C.product_new(l.cublaslt, types[w.DType], types[w.Result], C.int64_t(w.Rows), C.int64_t(w.Columns), C.int64_t(w.Depth), flag[w.FirstDown], flag[w.SecondDown], flag[w.Add], flag[w.Relu], &made)
	if err := l.faultOfCUBLASLt(e); err != nil {
		return err
	}
	p.LibraryCall = ort.LibraryCall{Name: "cuBLASLt", Run: C.product_runner(), Text: unsafe.Pointer(l.cublaslt.text), What: unsafe.Pointer(made)}
	p.begin = func(at *C.uint64_t) error { return l.faultOfCUBLASLt(C.product_run(p.What, l.d.calls.queue, at)) }
	p.workspace, p.free = int(made.how.workspace), func() { C.product_free(made) }
	return nil
}

func (l *Libraries) faultOfCUDNN(e C.int) error {
	if e == 0 {
		return nil
	}
	return fmt.Errorf("error %d of cuDNN: %s", int(e), C.GoString(C.cudnn_text(l.cudnn, e)))
}

func (l *Libraries) faultOfCUBLASLt(e C.int) error {
	if e == 0 {
		return nil
	}
	return fmt.Errorf("error %d of cuBLASLt: %s", int(e), C.GoString(C.cublaslt_text(l.cublaslt, e)))
}

// Close gives back what was prepared, behind what was begun with it.
func (l *Libraries) Close() error {
	err := l.d.here(func() error {
		for _, p := range l.works {
			if p.free != nil {
				p.free()
			}
		}
		return errors.Join(l.faultOfCUDNN(C.cudnn_close(l.cudnn)), l.faultOfCUBLASLt(C.cublaslt_close(l.cublaslt)))
	})
	C.free(unsafe.Pointer(l.cudnn))
	C.free(unsafe.Pointer(l.cublaslt))
	return err
}

// Run begins a prepared work on the driver's own stream: [Driver.Launch] for libraries. Arguments are memory of the device, nil or an [Address].
func (l *Libraries) Run(w cuda.Work, args ...any) error {
	p := l.prepare(w)
	if p.err != nil {
		return p.err
	}
	cells, err := cellsOf(args)
	if err == nil {
		err = l.d.here(func() error { return p.begin(&cells[0]) })
	}
	if err != nil {
		return fmt.Errorf("calling %s: %w", p.Name, err)
	}
	return nil
}
