package ort

/*
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

// Positions, as in native.go.
enum {
	CreateMemoryInfo = 68,
	ReleaseMemoryInfo = 94,
	CreateAllocator = 131,
	ReleaseAllocator = 132,
	GetKeyValuePairs = 298,
	ReleaseKeyValuePairs = 300,
	AllocatorGetStats = 319,
};

// What is used of a device's runtime library, by the signatures of CUDA's: an int is an error, 0 none.
typedef struct {
	int (*set_device)(int);
	int (*malloc)(void **, size_t);
	int (*free)(void *);
	int (*malloc_host)(void **, size_t);
	int (*free_host)(void *);
	int (*memset)(void *, int, size_t);
	int (*copy)(void *, const void *, size_t, int, void *); // kind 1: to the device, 2: from it
	int (*stream)(void **, unsigned);
	int (*drop)(void *);
	int (*wait)(void *);
	int (*memory)(size_t *, size_t *); // free, total
	const char *(*text)(int);
	void *queue; // the stream of copies
	int device;
} runtime;

// The processor as a device: its memory is reached by the same calls.
static int host_set(int device) { return (void)device, 0; }
static int host_malloc(void **p, size_t n) { return posix_memalign(p, 64, n); }
static int host_free(void *p) { return free(p), 0; }
static int host_memset(void *p, int c, size_t n) { return memset(p, c, n), 0; }
static int host_copy(void *to, const void *from, size_t n, int kind, void *queue) { return (void)kind, (void)queue, memcpy(to, from, n), 0; }
static int host_stream(void **queue, unsigned flags) { return (void)flags, *queue = NULL, 0; }
static int host_queue(void *queue) { return (void)queue, 0; }
static int host_memory(size_t *left, size_t *total) { return *left = *total = SIZE_MAX, 0; }
static const char *host_text(int e) { return strerror(e); }
static void host_runtime(runtime *r) {
	*r = (runtime){host_set, host_malloc, host_free, host_malloc, host_free, host_memset, host_copy, host_stream, host_queue, host_queue, host_memory, host_text, NULL, 0};
}

// Finds the functions of CUDA's runtime in a library; an error names what is missing.
static const char *cuda_runtime(const char *path, runtime *r) {
	void *lib = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!lib) return dlerror();
	const struct { const char *name; void **at; } names[] = {
		{"cudaSetDevice", (void **)&r->set_device}, {"cudaMalloc", (void **)&r->malloc}, {"cudaFree", (void **)&r->free}, {"cudaMallocHost", (void **)&r->malloc_host},
		{"cudaFreeHost", (void **)&r->free_host}, {"cudaMemset", (void **)&r->memset}, {"cudaMemcpyAsync", (void **)&r->copy},
		{"cudaStreamCreateWithFlags", (void **)&r->stream}, {"cudaStreamDestroy", (void **)&r->drop}, {"cudaStreamSynchronize", (void **)&r->wait},
		{"cudaMemGetInfo", (void **)&r->memory}, {"cudaGetErrorString", (void **)&r->text},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!(*names[i].at = dlsym(lib, names[i].name))) return dlerror();
	return NULL;
}

// Each call names the device first: it belongs to the thread, and a goroutine changes threads.
static int rt_open(runtime *r) {
	int e = r->set_device(r->device);
	return e ? e : r->stream(&r->queue, 1); // 1: waits for no other stream
}
static int rt_close(runtime *r) {
	int e = r->set_device(r->device);
	return e ? e : r->drop(r->queue);
}
static int rt_malloc(runtime *r, int host, void **p, size_t bytes) {
	int e = r->set_device(r->device);
	if (e) return e;
	if ((e = host ? r->malloc_host(p, bytes) : r->malloc(p, bytes))) return e;
	if (host) return memset(*p, 0, bytes), 0;
	return r->memset(*p, 0, bytes);
}
static int rt_free(runtime *r, int host, void *p) {
	int e = r->set_device(r->device);
	if (e) return e;
	return host ? r->free_host(p) : r->free(p);
}
static int rt_copy(runtime *r, void *to, const void *from, size_t bytes, int kind) {
	int e = r->set_device(r->device);
	return e ? e : r->copy(to, from, bytes, kind, r->queue);
}
static int rt_wait(runtime *r) {
	int e = r->set_device(r->device);
	return e ? e : r->wait(r->queue);
}
static int rt_memory(runtime *r, size_t *left, size_t *total) {
	int e = r->set_device(r->device);
	return e ? e : r->memory(left, total);
}
static const char *rt_text(runtime *r, int e) { return r->text(e); }

// Loads a library for everybody that is loaded later.
static const char *load_global(const char *path) { return dlopen(path, RTLD_NOW | RTLD_GLOBAL) ? NULL : dlerror(); }

// Asks a driver's library for the newest version of CUDA that it knows, as 1000*major+10*minor, and the number of GPUs. result is CUDA's error of the latter.
static const char *driver(const char *path, int *version, int *gpus, int *result) {
	void *lib = dlopen(path, RTLD_NOW);
	if (!lib) return dlerror();
	int (*get_version)(int *) = (int (*)(int *))dlsym(lib, "cuDriverGetVersion");
	int (*init)(unsigned) = (int (*)(unsigned))dlsym(lib, "cuInit");
	int (*count)(int *) = (int (*)(int *))dlsym(lib, "cuDeviceGetCount");
	if (!get_version || !init || !count) return dlerror();
	*result = get_version(version);
	if (!*result) *result = init(0);
	if (!*result) *result = count(gpus);
	return NULL;
}

static status memory_info(table api, const char *name, int id, object *info) {
	return FN(CreateMemoryInfo, status, const char *, int, int, int, object *)(name, 0, id, 0, info); // a device's allocator, its default memory
}
static void release_info(table api, object info) { FN(ReleaseMemoryInfo, void, object)(info); }

// Reads the statistics of the allocator that a session has for a memory. keys and values belong to pairs, which the caller gives back.
static status statistics(table api, object session, object info, object *pairs, const char *const **keys, const char *const **values, size_t *n) {
	object allocator;
	status s = FN(CreateAllocator, status, object, object, object *)(session, info, &allocator);
	if (s) return s;
	s = FN(AllocatorGetStats, status, object, object *)(allocator, pairs);
	if (!s) FN(GetKeyValuePairs, void, object, const char *const **, const char *const **, size_t *)(*pairs, keys, values, n);
	FN(ReleaseAllocator, void, object)(allocator);
	return s;
}
static void release_pairs(table api, object pairs) { FN(ReleaseKeyValuePairs, void, object)(pairs); }
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"ssc/compiler/plan"
)

// Device is where a session keeps what it is bound to: a GPU, or the processor by the same calls. Its tensors are bound like others; the processor reaches their elements by copies alone.
//
//	x, err := d.NewTensor("f32", dims)    // memory of the device
//	h, err := d.NewHost("f32", dims)      // memory of the processor that the device reads fast
//	err = d.CopyIn(x, h)                  // begins
//	err = d.Wait()                        // ended: now the session may run
//
// Its methods may be called from several goroutines. Copies of one device run in the order in which they begin, beside what sessions compute.
type Device struct {
	lib     *library
	name    string
	runtime *C.runtime // in C's memory
	info    handle
}

// ErrDeviceMemory is the cause of an error when a device has no memory left.
var ErrDeviceMemory = errors.New("the device is out of memory")

// OpenDevice opens a device by its name, "cuda" or "cuda:1"; "cpu" is the processor. The library is the device's runtime, by a path or a name that the loader finds; empty: the first of the usual names.
func OpenDevice(name, library string) (*Device, error) {
	lib, err := open()
	if err != nil {
		return nil, err
	}
	kind, index, err := plan.ParseDevice(name)
	if err != nil {
		return nil, err
	}
	return openDevice(&Device{lib: lib, name: name}, kind, index, library)
}

func openDevice(d *Device, kind string, index int, library string) (*Device, error) {
	d.runtime = (*C.runtime)(C.calloc(1, C.sizeof_runtime))
	if err := d.begin(kind, index, library); err != nil {
		C.free(handle(d.runtime))
		return nil, fmt.Errorf("opening the device %s: %w", d, err)
	}
	return d, nil
}

// CUDARuntimes are the names of CUDA's runtime library in releases that a build of ONNX Runtime or TensorRT may need, newest first.
var CUDARuntimes = []string{"libcudart.so.13", "libcudart.so.12"}

func (d *Device) begin(kind string, index int, library string) error {
	memory := "Cpu"
	if C.host_runtime(d.runtime); library != "" || kind == "cuda" {
		if err := d.load(library); err != nil {
			return err
		}
	}
	if kind == "cuda" {
		memory = "Cuda"
	}
	d.runtime.device = C.int(index)
	if err := KeepingHandlers(func() error { return d.fault(C.rt_open(d.runtime)) }); err != nil {
		return err
	}
	name := C.CString(memory)
	defer C.free(handle(name))
	if kind == "cpu" {
		index = 0
	}
	return d.lib.check(C.memory_info(d.lib.table, name, C.int(index), &d.info))
}

// load finds the runtime's functions.
func (d *Device) load(library string) error {
	names := CUDARuntimes
	if library != "" {
		names = []string{library}
	}
	var errs []error
	for _, name := range names {
		path := C.CString(name)
		msg := C.cuda_runtime(path, d.runtime)
		C.free(handle(path))
		if msg == nil {
			return nil
		}
		errs = append(errs, errors.New(C.GoString(msg)))
	}
	return errors.Join(errs...)
}

// Numbers of CUDA's errors, from driver_types.h.
const outOfMemory = 2

func (d *Device) fault(e C.int) error {
	switch e {
	case 0:
		return nil
	case outOfMemory:
		return fmt.Errorf("%w: %s", ErrDeviceMemory, C.GoString(C.rt_text(d.runtime, e)))
	}
	return fmt.Errorf("error %d of the device: %s", int(e), C.GoString(C.rt_text(d.runtime, e)))
}

func (d *Device) String() string { return d.name }

// NewTensor makes a tensor of zeros in the device's memory.
func (d *Device) NewTensor(dtype string, dims []int) (*Tensor, error) {
	return d.tensor(dtype, dims, false)
}

// NewHost makes a tensor of zeros in memory of the processor that copies to and from the device need not go around: what the step reads and writes there each time.
func (d *Device) NewHost(dtype string, dims []int) (*Tensor, error) {
	return d.tensor(dtype, dims, true)
}

func (d *Device) tensor(dtype string, dims []int, host bool) (*Tensor, error) {
	t, err := shaped(dtype, dims)
	if err != nil {
		return nil, err
	}
	t.device, t.staged = d, host
	if err := d.fault(C.rt_malloc(d.runtime, flag(host), &t.data, C.size_t(max(t.bytes, 1)))); err != nil {
		return nil, fmt.Errorf("making a tensor %s on %s: %w", t, d, err)
	}
	return t.ready(), nil
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func (d *Device) free(t *Tensor) { C.rt_free(d.runtime, flag(t.staged), t.data) } // at its worst the memory stays taken

// CopyIn begins to copy a tensor of the processor into one of the device. Neither may be touched before Wait.
func (d *Device) CopyIn(to, from *Tensor) error { return d.copy(to, from, to, 1) }

// CopyOut begins to copy a tensor of the device into one of the processor. Neither may be touched before Wait.
func (d *Device) CopyOut(to, from *Tensor) error { return d.copy(to, from, from, 2) }

func (d *Device) copy(to, from, far *Tensor, kind C.int) error {
	switch {
	case !to.open.Load() || !from.open.Load():
		return fmt.Errorf("copying %s to %s: a tensor is closed", from, to)
	case to.dtype != from.dtype || to.bytes != from.bytes:
		return fmt.Errorf("copying %s to %s: they differ", from, to)
	case far.device != d || !far.far():
		return fmt.Errorf("copying %s to %s: neither lies on %s", from, to, d)
	}
	if err := d.fault(C.rt_copy(d.runtime, to.data, from.data, C.size_t(to.bytes), kind)); err != nil {
		return fmt.Errorf("copying %s to %s: %w", from, to, err)
	}
	return nil
}

// Wait returns when the copies that were begun are done.
func (d *Device) Wait() error {
	if err := d.fault(C.rt_wait(d.runtime)); err != nil {
		return fmt.Errorf("copying to or from %s: %w", d, err)
	}
	return nil
}

// Memory is what the device has free, and has in all, in bytes.
func (d *Device) Memory() (free, total int64, err error) {
	var f, t C.size_t
	if err := d.fault(C.rt_memory(d.runtime, &f, &t)); err != nil {
		return 0, 0, fmt.Errorf("asking %s for its memory: %w", d, err)
	}
	return clamp(f), clamp(t), nil
}

func clamp(n C.size_t) int64 { return int64(min(uint64(n), 1<<63-1)) }

// Use tells what a session has taken of the device between its inputs and outputs, in bytes, by the names of ONNX Runtime's statistics: InUse, MaxInUse, TotalAllocated, NumArenaExtensions and others.
// It is empty where the allocator keeps none.
func (d *Device) Use(s *Session) (map[string]int64, error) {
	var pairs handle
	var keys, values **C.char
	var n C.size_t
	if err := d.lib.check(C.statistics(d.lib.table, sessionHandle(s.session), d.info, &pairs, &keys, &values, &n)); err != nil {
		return nil, fmt.Errorf("asking %s for its use: %w", d, err)
	}
	defer C.release_pairs(d.lib.table, pairs)
	use := map[string]int64{}
	for i, v := range unsafe.Slice(values, int(n)) {
		if x, err := strconv.ParseInt(C.GoString(v), 10, 64); err == nil {
			use[C.GoString(unsafe.Slice(keys, int(n))[i])] = x
		}
	}
	return use, nil
}

// loadGlobal loads a library whose symbols are for all that are loaded later.
func loadGlobal(path string) error {
	name := C.CString(path)
	defer C.free(handle(name))
	if msg := C.load_global(name); msg != nil {
		return errors.New(C.GoString(msg))
	}
	return nil
}

// askDriver loads the driver's library from a path, or by a name that the loader finds.
func askDriver(path string) (version, gpus, result int, err error) {
	name := C.CString(path)
	defer C.free(handle(name))
	var v, g, r C.int
	err = KeepingHandlers(func() error {
		if msg := C.driver(name, &v, &g, &r); msg != nil {
			return errors.New(C.GoString(msg))
		}
		return nil
	})
	return int(v), int(g), int(r), err
}

// Close ends the device's stream of copies. Tensors that it made must be closed before, and bindings that use them.
func (d *Device) Close() {
	C.rt_close(d.runtime)
	C.release_info(d.lib.table, d.info)
	C.free(handle(d.runtime))
}
