package ort

/*
#include <dlfcn.h>
#include <stdlib.h>

// Reads the list of kernels of a library that stays loaded: sessions will use it.
static const char *kernels(const char *path, const char **names) {
	void *lib = dlopen(path, RTLD_LAZY);
	if (!lib) return dlerror();
	const char *(*list)(void) = (const char *(*)(void))dlsym(lib, "SscKernels");
	if (!list) return dlerror();
	*names = list();
	return NULL;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// kernelLibrary is the file of the native kernels, as `make build` makes it.
const kernelLibrary = "libssc_kernels.so"

// kernels are the native kernels of the machine: the library and the functions of domain ai.ssc that it has kernels for.
type kernels struct {
	path  string
	names []string
}

var findKernels = sync.OnceValues(func() (kernels, error) {
	path, err := kernelPath()
	if err != nil {
		return kernels{}, err
	}
	names, err := kernelNames(path)
	if err != nil {
		return kernels{}, fmt.Errorf("the native kernels in %s cannot be used: %w", path, err)
	}
	return kernels{path, names}, nil
})

// Kernels lists the functions of domain ai.ssc that have a native kernel on this machine, sorted. The library is $SSC_KERNELS, else
// libssc_kernels.so beside the program or in the lib folder next to its own. The error says why there are none; a model runs without
// them too, by the bodies of its functions. SSC_KERNELS=off is no error: it asks for the bodies.
func Kernels() ([]string, error) {
	k, err := findKernels()
	return slices.Clone(k.names), err
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

// kernelNames loads a library of kernels and returns what it has. No path is no library.
func kernelNames(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	cpath := C.CString(path)
	defer C.free(handle(cpath))
	var names *C.char
	if msg := C.kernels(cpath, &names); msg != nil {
		return nil, errors.New(C.GoString(msg))
	}
	return strings.Split(C.GoString(names), ","), nil
}
