package ort

/*
#cgo linux LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "table.h"

// ONNX Runtime's C interface is a table of functions to which releases only append, so a position is as stable as a name. These are
// the positions used here; a test compares them with the header that onnxruntime_go carries.
enum {
	GetErrorMessage = 2,
	CreateEnv = 3,
	SessionGetInputCount = 30,
	SessionGetOutputCount = 31,
	SessionGetInputTypeInfo = 33,
	SessionGetOutputTypeInfo = 34,
	SessionGetInputName = 36,
	SessionGetOutputName = 37,
	CreateTensorWithDataAsOrtValue = 49,
	CastTypeInfoToTensorInfo = 55,
	GetTensorElementType = 60,
	GetDimensionsCount = 61,
	GetDimensions = 62,
	CreateCpuMemoryInfo = 69,
	AllocatorFree = 76,
	GetAllocatorWithDefaultOptions = 78,
	ReleaseStatus = 93,
	ReleaseValue = 96,
	ReleaseTypeInfo = 98,
	SessionEndProfiling = 110,
	GetAvailableProviders = 125,
	ReleaseAvailableProviders = 126,
	RunWithBinding = 133,
	CreateIoBinding = 134,
	ReleaseIoBinding = 135,
	BindInput = 136,
	BindOutput = 137,
	RegisterAllocator = 176,
	AddExternalInitializers = 210,
	SetDeterministicCompute = 273,
};

typedef struct {
	table (*get_api)(uint32_t version);
	const char *(*version)(void);
} api_base;

// Loads the library. NULL from get_api means that it is older than the version asked for.
static const char *load(const char *path, uint32_t version, table *api, const char **name) {
	void *lib = dlopen(path, RTLD_LAZY);
	if (!lib) return dlerror();
	api_base *(*base)(void) = (api_base * (*)(void)) dlsym(lib, "OrtGetApiBase");
	if (!base) return dlerror();
	*name = base()->version();
	*api = base()->get_api(version);
	return NULL;
}

static const char *message(table api, status s) { return FN(GetErrorMessage, const char *, status)(s); }
static void release(table api, int slot, object o) { FN(slot, void, object)(o); }

static status providers(table api, char ***names, int *n) { return FN(GetAvailableProviders, status, char ***, int *)(names, n); }
static status release_providers(table api, char **names, int n) { return FN(ReleaseAvailableProviders, status, char **, int)(names, n); }

static status count(table api, int slot, object session, size_t *n) { return FN(slot, status, object, size_t *)(session, n); }

// Reads the name, element type and sizes of one input or output. A value that is no tensor has type 0. dims holds max entries.
static status describe(table api, int name_slot, int type_slot, object session, size_t i, char **name, int *type, int64_t *dims,
		size_t max, size_t *rank) {
	object allocator;
	object info;
	object tensor = NULL;
	status s = FN(GetAllocatorWithDefaultOptions, status, object *)(&allocator);
	if (s) return s;
	char *given;
	s = FN(name_slot, status, object, size_t, object, char **)(session, i, allocator, &given);
	if (s) return s;
	*name = strdup(given);
	FN(AllocatorFree, status, object, void *)(allocator, given);
	s = FN(type_slot, status, object, size_t, object *)(session, i, &info);
	if (s) return s;
	*type = 0;
	*rank = 0;
	s = FN(CastTypeInfoToTensorInfo, status, object, object *)(info, &tensor);
	if (!s && tensor) s = FN(GetTensorElementType, status, object, int *)(tensor, type);
	if (!s && tensor) s = FN(GetDimensionsCount, status, object, size_t *)(tensor, rank);
	if (!s && tensor && *rank <= max) s = FN(GetDimensions, status, object, int64_t *, size_t)(tensor, dims, *rank);
	release(api, ReleaseTypeInfo, info);
	return s;
}

static status cpu_memory(table api, object *info) {
	return FN(CreateCpuMemoryInfo, status, int, int, object *)(0, 0, info); // device allocator, default memory
}

static status tensor(table api, object memory, void *data, size_t bytes, int64_t *dims, size_t rank, int type, object *value) {
	return FN(CreateTensorWithDataAsOrtValue, status, object, void *, size_t, int64_t *, size_t, int, object *)(
		memory, data, bytes, dims, rank, type, value);
}

static status new_binding(table api, object session, object *binding) {
	return FN(CreateIoBinding, status, object, object *)(session, binding);
}
static status bind(table api, int slot, object binding, const char *name, object value) {
	return FN(slot, status, object, const char *, object)(binding, name, value);
}
static status run(table api, object session, object options, object binding) {
	return FN(RunWithBinding, status, object, object, object)(session, options, binding);
}

static status external_initializers(table api, object options, char **names, object *values, size_t n) {
	return FN(AddExternalInitializers, status, object, char **, object *, size_t)(options, names, values, n);
}
static status deterministic(table api, object options) { return FN(SetDeterministicCompute, status, object, bool)(options, true); }

// The arena in the form of the C interface, which asks for no later member than its version has: OrtAllocator.
typedef struct allocator {
	uint32_t version;
	void *(*alloc)(struct allocator *, size_t);
	void (*free)(struct allocator *, void *);
	const void *(*info)(const struct allocator *);
	void *(*reserve)(struct allocator *, size_t);
	object memory;
} allocator;
static void *arena_of_alloc(allocator *a, size_t bytes) { return (void)a, arena_alloc(bytes); }
static void arena_of_free(allocator *a, void *p) { (void)a, arena_free(p); }
static const void *arena_of_info(const allocator *a) { return a->memory; }

// Hands the arena to the environment, which is the one that exists: for sessions that say so, it is the allocator of the CPU.
static status use_arena(table api, object memory) {
	static allocator arena;
	arena = (allocator){22, arena_of_alloc, arena_of_free, arena_of_info, arena_of_alloc, memory};
	object env;
	status s = FN(CreateEnv, status, int, const char *, object *)(4, "ssc", &env); // 4: the level of fatal messages, which the environment has already
	return s ? s : FN(RegisterAllocator, status, object, object)(env, &arena);
}

static status end_profiling(table api, object session, char **name) {
	object allocator;
	char *given;
	status s = FN(GetAllocatorWithDefaultOptions, status, object *)(&allocator);
	if (!s) s = FN(SessionEndProfiling, status, object, object, char **)(session, allocator, &given);
	if (s) return s;
	*name = strdup(given);
	return FN(AllocatorFree, status, object, void *)(allocator, given);
}

// Zeroed memory, aligned to 64 bytes for vector instructions. From 4 MiB on it is aligned to huge pages and asks for them.
static void *allocate(size_t bytes) {
	const size_t page = 2 << 20;
	int huge = bytes >= 2 * page;
	void *p = NULL;
	if (posix_memalign(&p, huge ? page : 64, bytes ? bytes : 64)) return NULL;
#ifdef MADV_HUGEPAGE
	if (huge) madvise(p, bytes, MADV_HUGEPAGE);
#endif
	memset(p, 0, bytes);
	return p;
}

// Providers with a driver of their own replace signal handlers by ones that Go cannot live with; these keep Go's.
typedef struct { struct sigaction action[32]; } handlers;
static void save_handlers(handlers *h) { for (int i = 1; i < 32; i++) sigaction(i, NULL, &h->action[i]); }
static void restore_handlers(handlers *h) {
	for (int i = 1; i < 32; i++) if (i != SIGKILL && i != SIGSTOP) sigaction(i, &h->action[i], NULL);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	onnx "github.com/yalue/onnxruntime_go"
)

// apiVersion is what onnxruntime_go asks for: the C interface of ONNX Runtime 1.29.
const apiVersion = 29

// maxRank bounds the rank of inputs and outputs; ONNX operators of the models here stay far below.
const maxRank = 32

// handle is a pointer to an object of ONNX Runtime.
type handle = unsafe.Pointer

// api is the function table of the loaded library.
type api struct {
	table  C.table
	memory handle // describes memory of the CPU
}

// loadLibrary loads the library at path and returns its version, also when it is too old to use (then api is nil).
func loadLibrary(path string) (*api, string, error) {
	cpath := C.CString(path)
	defer C.free(handle(cpath))
	a := &api{}
	var name *C.char
	if msg := C.load(cpath, apiVersion, &a.table, &name); msg != nil {
		return nil, "", errors.New(C.GoString(msg))
	}
	version := C.GoString(name)
	if a.table == nil {
		return nil, version, nil
	}
	if err := a.check(C.cpu_memory(a.table, &a.memory)); err != nil {
		return nil, version, err
	}
	return a, version, nil
}

// check turns a status into an error and releases it.
func (a *api) check(s C.status) error {
	if s == nil {
		return nil
	}
	msg := strings.TrimSpace(C.GoString(C.message(a.table, s)))
	C.release(a.table, C.ReleaseStatus, handle(s))
	return errors.New(msg)
}

func (a *api) providers() ([]string, error) {
	var names **C.char
	var n C.int
	if err := a.check(C.providers(a.table, &names, &n)); err != nil {
		return nil, err
	}
	list := goStrings(names, int(n))
	return list, a.check(C.release_providers(a.table, names, n))
}

func goStrings(p **C.char, n int) []string {
	list := make([]string, n)
	for i, s := range unsafe.Slice(p, n) {
		list[i] = C.GoString(s)
	}
	return list
}

// ports lists the inputs of a session, or its outputs.
func (a *api) ports(session handle, outputs bool) ([]Port, error) {
	counts, names, types := C.int(C.SessionGetInputCount), C.int(C.SessionGetInputName), C.int(C.SessionGetInputTypeInfo)
	if outputs {
		counts, names, types = C.SessionGetOutputCount, C.SessionGetOutputName, C.SessionGetOutputTypeInfo
	}
	var n C.size_t
	if err := a.check(C.count(a.table, counts, session, &n)); err != nil {
		return nil, err
	}
	list := make([]Port, n)
	for i := range list {
		var name *C.char
		var typ C.int
		var dims [maxRank]C.int64_t
		var rank C.size_t
		err := a.check(C.describe(a.table, names, types, session, C.size_t(i), &name, &typ, &dims[0], maxRank, &rank))
		p := Port{Name: C.GoString(name), DType: dtypeOf(int(typ)), Dims: make([]int, rank)}
		C.free(handle(name))
		if err != nil {
			return nil, err
		}
		if rank > maxRank {
			return nil, fmt.Errorf("%s has %d axes, at most %d are supported", p.Name, rank, maxRank)
		}
		for j := range p.Dims {
			p.Dims[j] = max(int(dims[j]), -1)
		}
		list[i] = p
	}
	return list, nil
}

// value wraps memory of a kind, the CPU's or a device's, as a tensor of ONNX Runtime, without a copy.
func (a *api) value(memory, data handle, bytes int, dims []int, typ int) (handle, error) {
	var shape [maxRank]C.int64_t
	for i, n := range dims {
		shape[i] = C.int64_t(n)
	}
	var v handle
	err := a.check(C.tensor(a.table, memory, data, C.size_t(bytes), &shape[0], C.size_t(len(dims)), C.int(typ), &v))
	return v, err
}

func (a *api) releaseValue(v handle)   { C.release(a.table, C.ReleaseValue, v) }
func (a *api) releaseBinding(b handle) { C.release(a.table, C.ReleaseIoBinding, b) }

func (a *api) newBinding(session handle) (handle, error) {
	var b handle
	err := a.check(C.new_binding(a.table, session, &b))
	return b, err
}

func (a *api) bind(binding handle, name string, value handle, output bool) error {
	slot := C.int(C.BindInput)
	if output {
		slot = C.BindOutput
	}
	cname := C.CString(name)
	defer C.free(handle(cname))
	return a.check(C.bind(a.table, slot, binding, cname, value))
}

func (a *api) run(session handle, options *onnx.RunOptions, binding handle) error {
	return a.check(C.run(a.table, session, inner(handle(options)), binding))
}

// inner is the C object of a wrapper of onnxruntime_go, which keeps it in its first field (of version 1.35.0, pinned in go.mod).
func inner(wrapper handle) handle { return *(*handle)(wrapper) }

// sessionHandle is the C object behind a session of onnxruntime_go, one pointer further in.
func sessionHandle(s *onnx.DynamicAdvancedSession) handle { return inner(inner(handle(s))) }

func (a *api) deterministic(o *onnx.SessionOptions) error {
	return a.check(C.deterministic(a.table, inner(handle(o))))
}

// externalInitializers gives the values of initializers that the model declares as external data. ONNX Runtime copies them when the
// session is created.
func (a *api) externalInitializers(o *onnx.SessionOptions, names []string, values []handle) error {
	n := len(names)
	array := C.malloc(C.size_t(2 * n * int(unsafe.Sizeof(handle(nil)))))
	defer C.free(array)
	cells := unsafe.Slice((*handle)(array), 2*n) // names, then values: C memory, since C keeps pointers to pointers
	for i := range names {
		cells[i], cells[n+i] = handle(C.CString(names[i])), values[i]
	}
	err := a.check(C.external_initializers(a.table, inner(handle(o)), (**C.char)(array), &cells[n], C.size_t(n)))
	for _, name := range cells[:n] {
		C.free(name)
	}
	return err
}

// useArena makes the arena the allocator of all sessions.
func (a *api) useArena() error { return a.check(C.use_arena(a.table, a.memory)) }

// arenaReserve sees to it that so many bytes can be handed out in one piece, and reports whether they can.
func arenaReserve(bytes int) bool { return C.arena_reserve(C.size_t(bytes)) != 0 }

func arenaTrim() { C.arena_trim() }

func arenaOff() { C.arena_off() }

// arenaAlloc and arenaFree are what ONNX Runtime calls, for tests.
func arenaAlloc(bytes int) handle { return C.arena_alloc(C.size_t(bytes)) }
func arenaFree(p handle)          { C.arena_free(p) }

// arenaStats are the numbers of the arena in bytes.
func arenaStats() Memory {
	s := C.arena_stats()
	return Memory{int(s.in_use), int(s.peak), int(s.held)}
}

func arenaBegin() { C.arena_begin() }

func (a *api) endProfiling(session handle) (string, error) {
	var name *C.char
	if err := a.check(C.end_profiling(a.table, session, &name)); err != nil {
		return "", err
	}
	defer C.free(handle(name))
	return C.GoString(name), nil
}

// allocate returns zeroed memory outside Go's heap, or nil; see the C function.
func allocate(bytes int) handle { return C.allocate(C.size_t(bytes)) }

func free(p handle) { C.free(p) }

// KeepingHandlers runs f, which begins to work with a driver, and puts the process's signal handlers back.
func KeepingHandlers(f func() error) error {
	h := (*C.handlers)(C.malloc(C.sizeof_handlers))
	defer C.free(handle(h))
	C.save_handlers(h)
	defer C.restore_handlers(h)
	return f()
}
