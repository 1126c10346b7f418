package ort

/*
#include <dlfcn.h>
#include <stdlib.h>

// Reads the list of kernels of a library that stays loaded, for sessions will use it, the level of x86-64 of the copy for this processor, and whether it has instructions for bfloat16.
static const char *kernels(const char *path, const char **names, const char **level, int *narrow) {
	void *lib = dlopen(path, RTLD_LAZY);
	if (!lib) return dlerror();
	const char *(*list)(void) = (const char *(*)(void))dlsym(lib, "SscKernels");
	int (*bfloat16)(void) = (int (*)(void))dlsym(lib, "SscBFloat16");
	const char *(*copy)(void) = (const char *(*)(void))dlsym(lib, "SscLevel");
	if (!list || !copy || !bfloat16) return dlerror();
	*names = list();
	*level = copy();
	*narrow = bfloat16();
	return NULL;
}
*/
import "C"

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// kernelLibrary is the file of the native kernels, as `make build` makes it.
const kernelLibrary = "libssc_kernels.so"

// kernels are the native kernels of the machine: the library and the functions of domain ai.ssc that it has kernels for.
type kernels struct {
	path     string
	names    []string
	level    string // of x86-64, that they are compiled for
	bfloat16 bool   // the processor has instructions for products of bfloat16
}

var findKernels = sync.OnceValues(func() (kernels, error) {
	path, err := kernelPath()
	if err != nil {
		return kernels{}, err
	}
	k, err := loadKernels(path)
	if err != nil {
		return kernels{}, fmt.Errorf("the native kernels in %s cannot be used: %w", path, err)
	}
	return k, nil
})

// Kernels lists the functions of domain ai.ssc that have a native kernel on this machine, sorted. The library is $SSC_KERNELS, else
// libssc_kernels.so beside the program or in the lib folder next to its own. The error says why there are none; a model runs without
// them too, by the bodies of its functions. SSC_KERNELS=off is no error: it asks for the bodies.
func Kernels() ([]string, error) {
	k, err := findKernels()
	return slices.Clone(k.names), err
}

// DescribeKernels says how many functions have native kernels, for which instructions, and where the library is. The error is that of Kernels.
func DescribeKernels() (string, error) {
	k, err := findKernels()
	if err != nil || k.path == "" {
		return "switched off by SSC_KERNELS", err
	}
	return fmt.Sprintf("%d functions, for %s, at %s", len(k.names), k.level, k.path), nil
}

// listSection is where the file of the library names the functions that it has kernels for.
const listSection = "ssc_kernels"

// ExpectedKernels begins to load the native kernels and tells at once what Kernels will say once they are: it reads the list in the library's file. Loading takes 40 ms, most of them
// for oneDNN's 95,000 symbols, as long as compiling a small network. Work that was done by this list counts if Kernels says the same; nil is no answer.
func ExpectedKernels() []string {
	go func() { _, _ = findKernels() }()
	path, err := kernelPath()
	if err != nil || path == "" {
		return nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	s := f.Section(listSection)
	if s == nil {
		return nil
	}
	text, err := s.Data()
	if err != nil {
		return nil
	}
	names := strings.FieldsFunc(string(text), func(r rune) bool { return r == 0 })
	slices.Sort(names)
	return slices.Compact(names) // each is there once for every instruction set
}

// FastBFloat16 reports whether the native kernels of this machine compute in bfloat16 faster than in float32: there are such kernels, and the processor has instructions for it.
func FastBFloat16() bool {
	k, err := findKernels()
	return err == nil && k.bfloat16
}

// UseKernels makes sessions with these options run the named functions by native kernels. Where that is not possible the options stay
// as they are, so that all bodies run, and the error says why.
func (o *SessionOptions) UseKernels(names []string) error {
	if len(names) == 0 {
		return nil
	}
	k, err := findKernels()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(k.names, name) {
			return fmt.Errorf("the native kernels in %s have none for %s: they are of another version, or switched off", k.path, name)
		}
	}
	o.Kernels, o.kernelNames = k.path, names
	return nil
}

// misfit finds the function whose kernel takes another number of inputs, or gives another number of outputs, than the model's calls of it.
var misfit = regexp.MustCompile(`schema\(ai\.ssc::(\w+):\d+\) has (?:in|out)put size`)

// NewSessionOf is NewSession where the kernels may be those of another version than the model's: functions whose calls do not fit them run by their bodies, and are named.
func NewSessionOf(model []byte, o SessionOptions) (s *Session, bodies []string, err error) {
	for {
		if s, err = NewSession(model, o); err == nil {
			return s, bodies, nil
		}
		m := misfit.FindStringSubmatch(err.Error())
		if m == nil || !slices.Contains(o.kernelNames, m[1]) {
			return nil, nil, err
		}
		bodies = append(bodies, m[1])
		o.kernelNames = slices.DeleteFunc(slices.Clone(o.kernelNames), func(name string) bool { return name == m[1] })
		if len(o.kernelNames) == 0 {
			o.Kernels = ""
		}
	}
}

// kernelPath is where the library lies; it is empty when the environment says off.
func kernelPath() (string, error) {
	switch path := os.Getenv("SSC_KERNELS"); path {
	case "":
	case "off":
		return "", nil
	default:
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("SSC_KERNELS: %w", err)
		}
		return path, nil
	}
	var places []string
	if exe, err := os.Executable(); err == nil {
		dir := filepath.Dir(exe)
		places = append(places, filepath.Join(dir, kernelLibrary), filepath.Join(dir, "..", "lib", kernelLibrary))
	}
	for _, path := range places {
		switch _, err := os.Stat(path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("looking for native kernels: %w", err)
		}
	}
	return "", fmt.Errorf("the library of native kernels is not there; run `make build`, or set SSC_KERNELS to it; looked for\n\t%s", strings.Join(places, "\n\t"))
}

// loadKernels loads a library of kernels and returns what it has. No path is no library.
func loadKernels(path string) (kernels, error) {
	if path == "" {
		return kernels{}, nil
	}
	cpath := C.CString(path)
	defer C.free(handle(cpath))
	var names, level *C.char
	var narrow C.int
	if msg := C.kernels(cpath, &names, &level, &narrow); msg != nil {
		return kernels{}, errors.New(C.GoString(msg))
	}
	return kernels{path, strings.Split(C.GoString(names), ","), C.GoString(level), narrow != 0}, nil
}
