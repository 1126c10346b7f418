package nvrtc

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"ssc/kernels/cuda"
	"ssc/runtime/ort"
)

// Functions are functions of domain ai.ssc that a GPU computes by kernels: what a session is given as its launcher.
type Functions struct {
	*ort.Launcher
	d         *Driver
	modules   map[string]*Module // by source
	kernels   map[string]*Function
	libraries *Libraries // nil for none
}

// OpenFunctions opens the GPU of a number, and compiles and loads the kernels of the named functions for it; NVIDIA's libraries compute what they can of them, unless SSC_CUDA_LIBRARIES=off asks for none.
// SSC_KERNELS=off is an error, too: the bodies are to run.
func OpenFunctions(index int, names []string) (*Functions, error) {
	if os.Getenv("SSC_KERNELS") == "off" {
		return nil, errors.New("SSC_KERNELS=off: functions run by their bodies")
	}
	c, err := Find()
	if err != nil {
		return nil, err
	}
	f, err := LoadFunctions("", index, names, func(source, arch string) ([]byte, error) { return c.Compile(SourceOf(source), arch) })
	if err != nil {
		return nil, err
	}
	if os.Getenv("SSC_CUDA_LIBRARIES") != "off" {
		f.Use(ort.ProductLibraries())
	}
	return f, nil
}

// Use has NVIDIA's libraries, by their names or paths, compute what they can of the functions, and closes them with these.
func (f *Functions) Use(cudnn, cublaslt string) {
	l := OpenLibraries(f.d, cudnn, cublaslt)
	f.libraries, f.Libraries, f.LibraryCall = l, l, l.Call
}

// LoadFunctions is OpenFunctions with the GPUs of a driver's library, "" the machine's, and what compiles a source for one.
func LoadFunctions(library string, index int, names []string, binary func(source, arch string) ([]byte, error)) (*Functions, error) {
	d, err := OpenDriver(library, index)
	if err != nil {
		return nil, err
	}
	l := &ort.Launcher{Launch: unsafe.Pointer(d.calls.launch), SetContext: unsafe.Pointer(d.calls.current), Text: unsafe.Pointer(d.calls.text), Context: d.calls.context}
	f := &Functions{Launcher: l, d: d, modules: map[string]*Module{}, kernels: map[string]*Function{}}
	f.Kernel = f.kernel
	for _, name := range names {
		known := cuda.Lookup(name)
		if known == nil {
			return nil, errors.Join(fmt.Errorf("this version has no kernel of a GPU for %s", name), f.Close())
		}
		f.Launcher.Functions = append(f.Launcher.Functions, known)
		if f.modules[known.Source] != nil {
			continue
		}
		b, err := binary(known.Source, d.Arch())
		if err == nil {
			f.modules[known.Source], err = d.Load(b)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("kernels of %s: %w", name, err), f.Close())
		}
	}
	return f, nil
}

// kernel finds a kernel as the driver knows it.
func (f *Functions) kernel(source, name string) (unsafe.Pointer, error) {
	if k := f.kernels[name]; k != nil {
		return k.handle, nil
	}
	k, err := f.modules[source].Function(name)
	if err != nil {
		return nil, err
	}
	f.kernels[name] = k
	return k.handle, nil
}

// Close gives the GPU back, behind the sessions.
func (f *Functions) Close() error {
	var err error
	if f.libraries != nil {
		err = f.libraries.Close()
	}
	for _, m := range f.modules {
		if m != nil {
			m.Close()
		}
	}
	return errors.Join(err, f.d.Close())
}
