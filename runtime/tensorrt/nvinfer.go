package tensorrt

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// What shim/shim.cpp has, as far as C sees it.
typedef struct {
	const char *input;
	int64_t dims[3];
	int64_t min, opt, max;
	int64_t workspace;
	int level;
} ssc_profile;

typedef struct {
	char *(*version)(const char *, int *);
	char *(*build)(const char *, const char *, const void *, size_t, const ssc_profile *, void **, size_t *);
	char *(*open)(const char *, const char *, const void *, size_t, void **);
	char *(*shape)(void *, const char *, int64_t *, int *);
	char *(*run)(void *, const char *, const int64_t *, const void *, size_t, const char *, void *, size_t);
	void (*close)(void *);
} ssc_shim;

static const char *load(const char *path, ssc_shim *s) {
	void *lib = dlopen(path, RTLD_NOW);
	if (!lib) return dlerror();
	*(void **)&s->version = dlsym(lib, "ssc_trt_version");
	*(void **)&s->build = dlsym(lib, "ssc_trt_build");
	*(void **)&s->open = dlsym(lib, "ssc_trt_open");
	*(void **)&s->shape = dlsym(lib, "ssc_trt_shape");
	*(void **)&s->run = dlsym(lib, "ssc_trt_run");
	*(void **)&s->close = dlsym(lib, "ssc_trt_close");
	return s->version && s->build && s->open && s->shape && s->run && s->close ? NULL : "an entry point is missing";
}

static char *version(ssc_shim *s, const char *infer, int *n) { return s->version(infer, n); }
static char *build(ssc_shim *s, const char *infer, const char *parser, const void *model, size_t size, const ssc_profile *p, void **plan, size_t *n) {
	return s->build(infer, parser, model, size, p, plan, n);
}
static char *open_engine(ssc_shim *s, const char *infer, const char *cudart, const void *plan, size_t size, void **e) { return s->open(infer, cudart, plan, size, e); }
static char *shape(ssc_shim *s, void *e, const char *name, int64_t *dims, int *rank) { return s->shape(e, name, dims, rank); }
static char *run(ssc_shim *s, void *e, const char *in, const int64_t *dims, const void *x, size_t xn, const char *out, void *y, size_t yn) {
	return s->run(e, in, dims, x, xn, out, y, yn);
}
static void close_engine(ssc_shim *s, void *e) { s->close(e); }
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"ssc/runtime/ort"
)

// bridge is a loaded shim and the libraries that it opens.
type bridge struct {
	Libraries
	shim    C.ssc_shim
	version string
}

// text hands a C string to Go for the length of a call.
func text(s string) (*C.char, func()) {
	c := C.CString(s)
	return c, func() { C.free(unsafe.Pointer(c)) }
}

// said turns the message of a shim's function into an error.
func said(m *C.char) error {
	if m == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(m))
	return errors.New(C.GoString(m))
}

// load compiles the shim where that has not been done, and loads it. The library must be of the headers' major version, for the places of its functions are theirs.
func (l Libraries) load(ctx context.Context) (*bridge, error) {
	path, err := l.compileShim(ctx)
	if err != nil {
		return nil, err
	}
	b := &bridge{Libraries: l}
	at, done := text(path)
	defer done()
	if m := C.load(at, &b.shim); m != nil {
		return nil, fmt.Errorf("loading the bridge to TensorRT, %s: %s", path, C.GoString(m))
	}
	infer, done := text(l.Infer)
	defer done()
	var n C.int
	if err := said(C.version(&b.shim, infer, &n)); err != nil {
		return nil, err
	}
	b.version = versionText(int(n))
	if major := int(n) / 10000; l.of.kind == NVInfer && major != l.version[0] {
		return nil, fmt.Errorf("%s is of version %s, but the headers in %s are of %d.%d; both must be of one TensorRT", l.Infer, b.version, l.Include, l.version[0], l.version[1])
	}
	return b, nil
}

// buildByLibrary builds an engine in this process.
func buildByLibrary(ctx context.Context, l Libraries, r Request) (Built, error) {
	b, err := l.load(ctx)
	if err != nil {
		return Built{}, err
	}
	infer, done := text(l.Infer)
	defer done()
	parser, done2 := text(l.Parser)
	defer done2()
	input, done3 := text(r.Input)
	defer done3()
	p := (*C.ssc_profile)(C.malloc(C.sizeof_ssc_profile)) // outside Go's heap: it holds a pointer
	defer C.free(unsafe.Pointer(p))
	*p = C.ssc_profile{input: input, min: C.int64_t(r.Profile.Min), opt: C.int64_t(r.Profile.Opt), max: C.int64_t(r.Profile.Max), workspace: C.int64_t(r.Workspace) << 20, level: C.int(r.Level)}
	for i, n := range r.Image {
		p.dims[i] = C.int64_t(n)
	}
	var plan unsafe.Pointer
	var size C.size_t
	if err := said(C.build(&b.shim, infer, parser, unsafe.Pointer(&r.Model[0]), C.size_t(len(r.Model)), p, &plan, &size)); err != nil {
		return Built{}, Failure{l.of.kind, err.Error()}
	}
	defer C.free(plan)
	return Built{Engine: append([]byte(nil), unsafe.Slice((*byte)(plan), int(size))...), Version: b.version}, nil
}

// libraryEngine is an engine that the libraries run.
type libraryEngine struct {
	*bridge
	handle unsafe.Pointer
	dims   []int // of the features of an image
	input  string
}

// openByLibrary opens an engine with CUDA's runtime, which SSC_CUDART may name.
func openByLibrary(b *bridge, plan []byte, input, output string) (*libraryEngine, error) {
	names := append(slices.Clone(ort.CUDARuntimes), "libcudart.so")
	if name := os.Getenv("SSC_CUDART"); name != "" {
		names = []string{name}
	}
	infer, done := text(b.Infer)
	defer done()
	e := &libraryEngine{bridge: b, input: input}
	var errs []error
	for _, name := range names {
		cudart, done := text(name)
		err := said(C.open_engine(&b.shim, infer, cudart, unsafe.Pointer(&plan[0]), C.size_t(len(plan)), &e.handle))
		done()
		if err == nil {
			return e, e.readShape(output)
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// readShape finds out what the features of an image are.
func (e *libraryEngine) readShape(output string) error {
	name, done := text(output)
	defer done()
	var dims [8]C.int64_t
	var rank C.int
	err := said(C.shape(&e.shim, e.handle, name, &dims[0], &rank))
	if err == nil && rank < 2 {
		err = fmt.Errorf("the engine's output %s has %d axes, want a batch and more", output, rank)
	}
	if err != nil {
		e.Close()
		return err
	}
	for _, d := range dims[1:rank] {
		e.dims = append(e.dims, int(d))
	}
	return nil
}

// Run computes the features of a batch.
func (e *libraryEngine) run(images []float32, dims []int, features []float32) error {
	in, done := text(e.input)
	defer done()
	out, done2 := text(outputName)
	defer done2()
	var shape [4]C.int64_t
	for i, d := range dims {
		shape[i] = C.int64_t(d)
	}
	return said(C.run(&e.shim, e.handle, in, &shape[0], unsafe.Pointer(&images[0]), C.size_t(4*len(images)), out, unsafe.Pointer(&features[0]), C.size_t(4*len(features))))
}

// Close frees the engine and the memory that it had on the GPU.
func (e *libraryEngine) Close() {
	C.close_engine(&e.shim, e.handle)
	e.handle = nil
}
