package nvrtc

/*
#include <stdint.h>
#include <stdlib.h>

#include "load.h"

// What is used of CUDA's driver, by the signatures of cuda.h: an int is an error, 0 none; memory of the device is a number.
typedef struct {
	int (*init)(unsigned);
	int (*get)(int *, int);
	int (*attribute)(int *, int, int);
	int (*retain)(void **, int);
	int (*release)(int);
	int (*current)(void *);
	int (*load)(void **, const void *);
	int (*unload)(void *);
	int (*function)(void **, void *, const char *);
	int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
	int (*alloc)(uint64_t *, size_t);
	int (*drop)(uint64_t);
	int (*alloc_host)(void **, size_t);
	int (*free_host)(void *);
	int (*in)(uint64_t, const void *, size_t, void *);
	int (*out)(void *, uint64_t, size_t, void *);
	int (*stream)(void **, unsigned);
	int (*drop_stream)(void *);
	int (*wait)(void *);
	int (*text)(int, const char **);
	int device;
	void *context; // the one that CUDA's runtime uses, too
	void *queue;   // the stream of all that is done here
} driver;

static const char *driver_load(const char *path, driver *d) {
	const symbol names[] = {
		{"cuInit", (void **)&d->init}, {"cuDeviceGet", (void **)&d->get}, {"cuDeviceGetAttribute", (void **)&d->attribute}, {"cuDevicePrimaryCtxRetain", (void **)&d->retain},
		{"cuDevicePrimaryCtxRelease_v2", (void **)&d->release}, {"cuCtxSetCurrent", (void **)&d->current}, {"cuModuleLoadData", (void **)&d->load},
		{"cuModuleUnload", (void **)&d->unload}, {"cuModuleGetFunction", (void **)&d->function}, {"cuLaunchKernel", (void **)&d->launch}, {"cuMemAlloc_v2", (void **)&d->alloc},
		{"cuMemFree_v2", (void **)&d->drop}, {"cuMemAllocHost_v2", (void **)&d->alloc_host}, {"cuMemFreeHost", (void **)&d->free_host}, {"cuMemcpyHtoDAsync_v2", (void **)&d->in},
		{"cuMemcpyDtoHAsync_v2", (void **)&d->out}, {"cuStreamCreate", (void **)&d->stream}, {"cuStreamDestroy_v2", (void **)&d->drop_stream},
		{"cuStreamSynchronize", (void **)&d->wait}, {"cuGetErrorString", (void **)&d->text},
	};
	return load(path, names, sizeof names / sizeof *names);
}

// Opens a device. capability is 10 times its compute capability, processors the number of its multiprocessors.
static int driver_open(driver *d, int index, int *capability, int *processors) {
	int major, minor, e = d->init(0);
	if (!e) e = d->get(&d->device, index);
	if (!e) e = d->attribute(&major, 75, d->device); // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, and _MINOR
	if (!e) e = d->attribute(&minor, 76, d->device);
	if (!e) e = d->attribute(processors, 16, d->device); // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
	if (e) return e;
	*capability = 10 * major + minor;
	if ((e = d->retain(&d->context, d->device))) return e;
	if (!(e = d->current(d->context))) e = d->stream(&d->queue, 1); // 1: waits for no other stream
	if (e) d->release(d->device);
	return e;
}

// Each call names the context first: it belongs to the thread, and a goroutine changes threads.
#define IN_CONTEXT(call) int e = d->current(d->context); return e ? e : (call)
static int driver_close(driver *d) {
	int e = d->current(d->context);
	if (!e) e = d->drop_stream(d->queue);
	return e ? e : d->release(d->device);
}
static int driver_enter(driver *d) { return d->current(d->context); }
static int driver_module(driver *d, void **m, const void *binary) { IN_CONTEXT(d->load(m, binary)); }
static int driver_unload(driver *d, void *m) { IN_CONTEXT(d->unload(m)); }
static int driver_function(driver *d, void **f, void *m, const char *name) { IN_CONTEXT(d->function(f, m, name)); }
static int driver_alloc(driver *d, uint64_t *p, size_t n) { IN_CONTEXT(d->alloc(p, n)); }
static int driver_free(driver *d, uint64_t p) { IN_CONTEXT(d->drop(p)); }
static int driver_alloc_host(driver *d, void **p, size_t n) { IN_CONTEXT(d->alloc_host(p, n)); }
static int driver_free_host(driver *d, void *p) { IN_CONTEXT(d->free_host(p)); }
static int driver_in(driver *d, uint64_t to, const void *from, size_t n) { IN_CONTEXT(d->in(to, from, n, d->queue)); }
static int driver_out(driver *d, void *to, uint64_t from, size_t n) { IN_CONTEXT(d->out(to, from, n, d->queue)); }
static int driver_wait(driver *d) { IN_CONTEXT(d->wait(d->queue)); }

// Arguments are cells of 8 bytes, each with the bytes of one at its beginning.
static int driver_launch(driver *d, void *f, unsigned blocks, unsigned threads, uint64_t *cells, int n) {
	void *args[32];
	for (int i = 0; i < n; i++) args[i] = cells + i;
	IN_CONTEXT(d->launch(f, blocks, 1, 1, threads, 1, 1, 0, d->queue, args, NULL));
}
static const char *driver_text(driver *d, int e) {
	const char *text = NULL;
	d->text(e, &text);
	return text ? text : "an error that it has no name for";
}
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"ssc/runtime/ort"
)

// Driver is CUDA's driver with a GPU opened. What is begun by its methods runs on the GPU in that order, beside what others do there.
type Driver struct {
	calls      *C.driver // in C's memory
	arch       string
	processors int
}

// driverName is the library of CUDA's driver.
const driverName = "libcuda.so.1"

// OpenDriver opens the GPU of a number. The driver's library is given by a path, or empty for the machine's.
func OpenDriver(library string, index int) (*Driver, error) {
	if library == "" {
		library = driverName
	}
	d := &Driver{calls: (*C.driver)(C.calloc(1, C.sizeof_driver))}
	path := C.CString(library)
	defer C.free(unsafe.Pointer(path))
	err := error(nil)
	if msg := C.driver_load(path, d.calls); msg != nil {
		err = errors.New(C.GoString(msg))
	}
	var capability, processors C.int
	if err == nil {
		err = ort.KeepingHandlers(func() error { return d.fault(C.driver_open(d.calls, C.int(index), &capability, &processors)) })
	}
	if err != nil {
		C.free(unsafe.Pointer(d.calls))
		return nil, fmt.Errorf("opening GPU %d by %s: %w", index, library, err)
	}
	d.arch, d.processors = fmt.Sprintf("sm_%d", int(capability)), int(processors)
	return d, nil
}

func (d *Driver) fault(e C.int) error {
	if e == 0 {
		return nil
	}
	return fmt.Errorf("error %d of CUDA: %s", int(e), C.GoString(C.driver_text(d.calls, e)))
}

// here runs f in a thread that has the driver's context.
func (d *Driver) here(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := d.fault(C.driver_enter(d.calls)); err != nil {
		return err
	}
	return f()
}

// Arch is what the compiler makes binaries for: "sm_90".
func (d *Driver) Arch() string { return d.arch }

// Processors is the number of multiprocessors of the GPU: so many blocks run at once, and more where they are small.
func (d *Driver) Processors() int { return d.processors }

// Wait returns when all that was begun is done.
func (d *Driver) Wait() error {
	if err := d.fault(C.driver_wait(d.calls)); err != nil {
		return fmt.Errorf("on the GPU: %w", err)
	}
	return nil
}

// Close gives the GPU back. Memory and modules must be closed before.
func (d *Driver) Close() error {
	err := d.fault(C.driver_close(d.calls))
	C.free(unsafe.Pointer(d.calls))
	if err != nil {
		return fmt.Errorf("closing the GPU: %w", err)
	}
	return nil
}

// Module is a binary that the GPU has loaded.
type Module struct {
	d      *Driver
	handle unsafe.Pointer
}

// Load brings a binary to the GPU.
func (d *Driver) Load(binary []byte) (*Module, error) {
	m := &Module{d: d}
	if len(binary) == 0 {
		return nil, errors.New("loading a binary of no bytes")
	}
	if err := d.fault(C.driver_module(d.calls, &m.handle, unsafe.Pointer(&binary[0]))); err != nil {
		return nil, fmt.Errorf("loading a binary for %s: %w", d.arch, err)
	}
	return m, nil
}

// Close gives the module back.
func (m *Module) Close() { C.driver_unload(m.d.calls, m.handle) } // at its worst the memory stays taken

// Function is a kernel of a module. It is of use while that is open.
type Function struct {
	name   string
	handle unsafe.Pointer
}

// Function finds a kernel by its name.
func (m *Module) Function(name string) (*Function, error) {
	f := &Function{name: name}
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if err := m.d.fault(C.driver_function(m.d.calls, &f.handle, m.handle, s)); err != nil {
		return nil, fmt.Errorf("looking for the kernel %s: %w", name, err)
	}
	return f, nil
}

// argRoom is how many arguments a kernel may have; see driver_launch.
const argRoom = 32

// Launch begins a kernel with a number of blocks, each of a number of threads. Arguments are memory of the device, a [*Memory], nil for none, or an [Address], and numbers of the kernel's own types: int32,
// uint32, int64, float32, float64.
func (d *Driver) Launch(f *Function, blocks, threads int, args ...any) error {
	if blocks < 1 || threads < 1 || blocks > math.MaxInt32 || threads > 1024 || len(args) > argRoom {
		return fmt.Errorf("launching %s with %d blocks of %d threads and %d arguments: out of range", f.name, blocks, threads, len(args))
	}
	cells, err := cellsOf(args)
	if err != nil {
		return fmt.Errorf("launching %s: %w", f.name, err)
	}
	if err := d.fault(C.driver_launch(d.calls, f.handle, C.unsigned(blocks), C.unsigned(threads), &cells[0], C.int(len(args)))); err != nil {
		return fmt.Errorf("launching %s: %w", f.name, err)
	}
	return nil
}

// Address is a place in the device's memory that another library owns.
type Address uint64

// cellsOf are those of arguments, at most as many as there is room for.
func cellsOf(args []any) (cells [argRoom]C.uint64_t, err error) {
	for i, a := range args {
		bits, err := cell(a)
		if err != nil {
			return cells, fmt.Errorf("argument %d: %w", i, err)
		}
		cells[i] = C.uint64_t(bits)
	}
	return cells, nil
}

// cell has the bytes of an argument in memory's order from its lowest address on.
func cell(a any) (uint64, error) {
	var b [8]byte
	switch a := a.(type) {
	case nil:
	case *Memory:
		if a != nil {
			return uint64(a.at), nil
		}
	case Address:
		return uint64(a), nil
	case int32, uint32, int64, float32, float64:
		if _, err := binary.Encode(b[:], binary.NativeEndian, a); err != nil {
			return 0, err
		}
	default:
		return 0, fmt.Errorf("a kernel takes no %T", a)
	}
	return binary.NativeEndian.Uint64(b[:]), nil
}

// Memory is memory of the device.
type Memory struct {
	d     *Driver
	at    Address
	bytes int
}

// NewMemory takes memory of the device, of undefined content.
func (d *Driver) NewMemory(bytes int) (*Memory, error) {
	m := &Memory{d: d, bytes: bytes}
	if err := d.fault(C.driver_alloc(d.calls, (*C.uint64_t)(&m.at), C.size_t(max(bytes, 1)))); err != nil {
		return nil, fmt.Errorf("taking %d bytes of the GPU: %w", bytes, err)
	}
	return m, nil
}

// Len is the number of bytes.
func (m *Memory) Len() int { return m.bytes }

// Address is where the memory begins.
func (m *Memory) Address() Address { return m.at }

// Close gives the memory back.
func (m *Memory) Close() { C.driver_free(m.d.calls, C.uint64_t(m.at)) } // at its worst it stays taken

// Host is memory of the processor that the device reads and writes by itself.
type Host struct {
	d  *Driver
	at unsafe.Pointer
	n  int
}

// NewHost takes memory of the processor, of undefined content.
func (d *Driver) NewHost(bytes int) (*Host, error) {
	h := &Host{d: d, n: bytes}
	if err := d.fault(C.driver_alloc_host(d.calls, &h.at, C.size_t(max(bytes, 1)))); err != nil {
		return nil, fmt.Errorf("taking %d bytes that the GPU reads: %w", bytes, err)
	}
	return h, nil
}

// Bytes are its bytes. They must not be touched while a copy is under way, nor after Close.
func (h *Host) Bytes() []byte { return unsafe.Slice((*byte)(h.at), h.n) }

// Close gives the memory back.
func (h *Host) Close() { C.driver_free_host(h.d.calls, h.at) } // at its worst it stays taken

// CopyIn begins to copy the first n bytes to the device.
func (m *Memory) CopyIn(from *Host, n int) error {
	if n > m.bytes || n > from.n {
		return fmt.Errorf("copying %d bytes from %d to %d: there is no room", n, from.n, m.bytes)
	}
	if err := m.d.fault(C.driver_in(m.d.calls, C.uint64_t(m.at), from.at, C.size_t(n))); err != nil {
		return fmt.Errorf("copying %d bytes to the GPU: %w", n, err)
	}
	return nil
}

// CopyOut begins to copy the first n bytes from the device.
func (m *Memory) CopyOut(to *Host, n int) error {
	if n > m.bytes || n > to.n {
		return fmt.Errorf("copying %d bytes from %d to %d: there is no room", n, m.bytes, to.n)
	}
	if err := m.d.fault(C.driver_out(m.d.calls, to.at, C.uint64_t(m.at), C.size_t(n))); err != nil {
		return fmt.Errorf("copying %d bytes from the GPU: %w", n, err)
	}
	return nil
}
