package nvrtc

/*
#cgo linux LDFLAGS: -ldl
#include <stdlib.h>

#include "load.h"

// What is used of NVRTC, by the signatures of nvrtc.h: an int is an error, 0 none.
typedef struct {
	int (*version)(int *, int *);
	int (*count_archs)(int *);
	int (*archs)(int *);
	int (*create)(void **, const char *, const char *, int, const char *const *, const char *const *);
	int (*compile)(void *, int, const char *const *);
	int (*log_size)(void *, size_t *);
	int (*log)(void *, char *);
	int (*binary_size)(void *, size_t *);
	int (*binary)(void *, char *);
	int (*destroy)(void **);
	const char *(*text)(int);
} nvrtc;

static const char *nvrtc_load(const char *path, nvrtc *r) {
	const symbol names[] = {
		{"nvrtcVersion", (void **)&r->version}, {"nvrtcGetNumSupportedArchs", (void **)&r->count_archs}, {"nvrtcGetSupportedArchs", (void **)&r->archs},
		{"nvrtcCreateProgram", (void **)&r->create}, {"nvrtcCompileProgram", (void **)&r->compile}, {"nvrtcGetProgramLogSize", (void **)&r->log_size},
		{"nvrtcGetProgramLog", (void **)&r->log}, {"nvrtcGetCUBINSize", (void **)&r->binary_size}, {"nvrtcGetCUBIN", (void **)&r->binary},
		{"nvrtcDestroyProgram", (void **)&r->destroy}, {"nvrtcGetErrorString", (void **)&r->text},
	};
	return load(path, names, sizeof names / sizeof *names);
}

static int nvrtc_version(nvrtc *r, int *major, int *minor) { return r->version(major, minor); }
static int nvrtc_archs(nvrtc *r, int *n, int *list, int room) {
	int e = r->count_archs(n);
	return e || *n > room ? e : r->archs(list);
}
static const char *nvrtc_text(nvrtc *r, int e) { return r->text(e); }

// Compiles a program. binary and log are malloc's, and NULL where there is none. The first of the 2 n strings of headers are their texts, the others their names.
static int nvrtc_compile(nvrtc *r, const char *text, const char *name, int n, const char *const *headers, int options, const char *const *option, char **log, char **binary, size_t *size) {
	void *program = NULL;
	int e = r->create(&program, text, name, n, headers, headers + n);
	if (e) return e;
	e = r->compile(program, options, option);
	size_t length = 0;
	if (!r->log_size(program, &length) && length > 1 && (*log = calloc(length + 1, 1))) r->log(program, *log);
	if (!e) e = r->binary_size(program, size);
	if (!e && (*binary = malloc(*size ? *size : 1))) e = r->binary(program, *binary);
	r->destroy(&program);
	return e;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"ssc/kernels/cuda"
	"ssc/runtime/ort"
	"ssc/setup/cache"
)

// Compiler is a loaded NVRTC. It may be used by several goroutines at once.
type Compiler struct {
	path    string
	calls   *C.nvrtc // in C's memory
	version string
	archs   []string
	cache   string // folder of binaries; empty for none
	room    int64  // bytes of binaries that are kept there
}

// Source is a translation unit of CUDA C++.
type Source struct {
	Name    string // as messages name it: "sgd.cu"
	Text    string
	Headers map[string]string // text of each header by the name in its #include
	Options []string          // of NVRTC
}

// SourceOf is a source of kernels/cuda.
func SourceOf(name string) Source {
	return Source{Name: name, Text: cuda.Text(name), Headers: cuda.Headers(), Options: cuda.Options(name)}
}

// libraries are the names of NVRTC in releases of CUDA that know the GPUs here, newest first.
var libraries = []string{"libnvrtc.so.13", "libnvrtc.so.12"}

// remedy is what brings NVRTC.
const remedy = "`make nvrtc` brings it (60 MB)"

// Find loads NVRTC from one of the folders that [ort.GPUFolders] names, else where the loader finds it.
func Find() (*Compiler, error) {
	var errs []error
	for _, dir := range append(ort.GPUFolders(), "") {
		for _, name := range libraries {
			path := name
			if dir != "" {
				path = filepath.Join(dir, name)
				if _, err := os.Stat(path); err != nil {
					continue
				}
			}
			c, err := Load(path)
			if err == nil {
				return c, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, fmt.Errorf("no compiler of CUDA C++; %s: %w", remedy, errors.Join(errs...))
}

// Load loads NVRTC from a path, or by a name that the loader finds.
func Load(path string) (*Compiler, error) {
	c := &Compiler{path: path, calls: (*C.nvrtc)(C.calloc(1, C.sizeof_nvrtc)), cache: cache.Folder("cuda"), room: maxKept}
	if err := c.begin(); err != nil {
		C.free(unsafe.Pointer(c.calls))
		return nil, fmt.Errorf("loading NVRTC: %w", err)
	}
	return c, nil
}

func (c *Compiler) begin() error {
	path := C.CString(c.path)
	defer C.free(unsafe.Pointer(path))
	if msg := C.nvrtc_load(path, c.calls); msg != nil {
		return errors.New(C.GoString(msg))
	}
	var major, minor C.int
	if err := c.fault(C.nvrtc_version(c.calls, &major, &minor)); err != nil {
		return fmt.Errorf("asking %s for its version: %w", c.path, err)
	}
	c.version = fmt.Sprintf("%d.%d", major, minor)
	var n C.int
	var list [128]C.int
	if err := c.fault(C.nvrtc_archs(c.calls, &n, &list[0], C.int(len(list)))); err != nil {
		return fmt.Errorf("asking %s for the GPUs that it knows: %w", c.path, err)
	}
	for _, a := range list[:min(int(n), len(list))] {
		c.archs = append(c.archs, fmt.Sprintf("sm_%d", a))
	}
	return nil
}

func (c *Compiler) fault(e C.int) error {
	if e == 0 {
		return nil
	}
	return errors.New(C.GoString(C.nvrtc_text(c.calls, e)))
}

// Path is the file or name that was loaded.
func (c *Compiler) Path() string { return c.path }

// Version is that of NVRTC: "13.5".
func (c *Compiler) Version() string { return c.version }

// Compile makes the binary of a source for a GPU, "sm_90" for compute capability 9.0, unless it is in the cache folder. The error of a source that is wrong has the compiler's messages, with file and
// line of each.
func (c *Compiler) Compile(s Source, arch string) ([]byte, error) {
	if !slices.Contains(c.archs, arch) {
		return nil, fmt.Errorf("compiling %s for %s: NVRTC %s (%s) does not know this GPU; it compiles for %s", s.Name, arch, c.version, c.path, strings.Join(c.archs, ", "))
	}
	options := append([]string{"--gpu-architecture=" + arch, "--std=c++17"}, s.Options...)
	key := c.key(s, options)
	if binary := c.read(key); binary != nil {
		return binary, nil
	}
	binary, err := c.compile(s, options)
	if err != nil {
		return nil, fmt.Errorf("compiling %s for %s with NVRTC %s (%s): %w", s.Name, arch, c.version, c.path, err)
	}
	c.write(key, binary)
	return binary, nil
}

func (c *Compiler) compile(s Source, options []string) ([]byte, error) {
	var strs []*C.char
	str := func(s string) *C.char {
		p := C.CString(s)
		strs = append(strs, p)
		return p
	}
	defer func() {
		for _, p := range strs {
			C.free(unsafe.Pointer(p))
		}
	}()
	names := slices.Sorted(maps.Keys(s.Headers))
	var list []string
	for _, name := range names {
		list = append(list, s.Headers[name])
	}
	list = append(append(list, names...), options...)
	array := C.calloc(C.size_t(len(list)), C.size_t(unsafe.Sizeof((*C.char)(nil)))) // C's memory: it holds pointers
	defer C.free(array)
	cells := unsafe.Slice((**C.char)(array), len(list))
	for i, text := range list {
		cells[i] = str(text)
	}
	var log, binary *C.char
	var size C.size_t
	e := C.nvrtc_compile(c.calls, str(s.Text), str(s.Name), C.int(len(names)), (**C.char)(array), C.int(len(options)), &cells[2*len(names)], &log, &binary, &size)
	defer C.free(unsafe.Pointer(log))
	defer C.free(unsafe.Pointer(binary))
	if err := c.fault(e); err != nil {
		if said := strings.TrimSpace(C.GoString(log)); log != nil && said != "" {
			return nil, fmt.Errorf("%w\n%s", err, said)
		}
		return nil, err
	}
	if binary == nil || size == 0 {
		return nil, errors.New("the compiler made nothing")
	}
	return C.GoBytes(unsafe.Pointer(binary), C.int(size)), nil
}
