package ort

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ssc/setup/cache"
)

// GPULibrary is one of NVIDIA's libraries that the CUDA provider loads.
type GPULibrary struct {
	Name string // as who needs it names it: libcublas.so.13
	Path string // where it lies; empty: the loader is left to find it
	For  string // what needs it
	Err  error  // why it cannot be had
}

// nvidia are the names of NVIDIA's libraries, the driver's apart, which is the machine's.
var nvidia = regexp.MustCompile(`^lib(cudart|cublas|cublasLt|cudnn\w*|cufft|curand|nvrtc|nvJitLink|cusparse|cusolver)\.so`)

// driverName is the driver's library, which comes with the driver and nothing else.
const driverName = "libcuda.so.1"

// lazy is what a provider loads when it first needs it, and does not say in its header: since ONNX Runtime 1.28 cuDNN.
var lazy = []string{"libcudnn.so.9"}

// CUDAProvider is the path of the provider's library: the plugin of SSC_CUDA_PLUGIN, else that beside an ONNX Runtime library. The error says what is not there.
func CUDAProvider(core string) (string, error) {
	path := os.Getenv("SSC_CUDA_PLUGIN")
	switch {
	case path == "" && core == "":
		return "", errors.New("no ONNX Runtime with the CUDA provider is installed")
	case path == "":
		path = filepath.Join(filepath.Dir(core), "libonnxruntime_providers_cuda.so")
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the CUDA provider is not there: %w", err)
	}
	return path, nil
}

// GPUFolders are those where NVIDIA's libraries are looked for before the loader's own: the cache's, and where CUDA's installer puts them.
func GPUFolders() []string {
	return append(append(filepath.SplitList(os.Getenv("SSC_CUDA_LIBS")), cache.GPUFolders()...), "/usr/local/cuda/lib64")
}

// GPULibraries are those of NVIDIA's that a provider's library needs, and that these need, each behind all that it needs itself. What is in none of the folders is left to the loader, unless
// another version lies there.
func GPULibraries(provider string, folders []string) ([]GPULibrary, error) {
	var list []GPULibrary
	seen := map[string]bool{}
	var visit func(path string, more ...string) error
	visit = func(path string, more ...string) error {
		names, err := needs(path)
		if err != nil {
			return err
		}
		for _, name := range append(names, more...) {
			if !nvidia.MatchString(name) || seen[name] {
				continue
			}
			seen[name] = true
			l := GPULibrary{Name: name, For: filepath.Base(path)}
			if l.Path, l.Err = locate(name, folders); l.Path != "" {
				l.Err = visit(l.Path)
			}
			list = append(list, l)
		}
		return nil
	}
	if err := visit(provider, lazy...); err != nil {
		return nil, err
	}
	return list, nil
}

// needs are the names of the libraries that a library says it needs.
func needs(path string) ([]string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading what %s needs: %w", path, err)
	}
	defer f.Close()
	names, err := f.ImportedLibraries()
	if err != nil {
		return nil, fmt.Errorf("reading what %s needs: %w", path, err)
	}
	return names, nil
}

// locate finds a library by its name. The error names another version that lies there.
func locate(name string, folders []string) (string, error) {
	base, _, _ := strings.Cut(name, ".so")
	var others []string
	for _, dir := range folders {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		found, err := filepath.Glob(filepath.Join(dir, base+".so.*"))
		if err != nil {
			return "", fmt.Errorf("looking for %s: %w", name, err)
		}
		others = append(others, found...)
	}
	if len(others) > 0 {
		return "", fmt.Errorf("another version than %s is there: %s", name, strings.Join(others, ", "))
	}
	return "", nil
}

// preload loads NVIDIA's libraries for the provider, each behind what it needs: the loader's own path cannot be changed in a running process. The errors of those that cannot be loaded are
// joined; whether they matter the provider decides.
func preload(provider string) ([]GPULibrary, error) {
	list, err := GPULibraries(provider, GPUFolders())
	errs := []error{err}
	for _, l := range list {
		errs = append(errs, l.Load())
	}
	return list, errors.Join(errs...)
}

// ProductLibraries loads what the CUDA provider needs of NVIDIA's, as a session does, and gives the names of cuDNN and cuBLASLt in it: those that the loader knows where there is no provider.
func ProductLibraries() (cudnn, cublaslt string) {
	cudnn, cublaslt = lazy[0], "libcublasLt.so"
	lib, err := open()
	if err != nil {
		return cudnn, cublaslt
	}
	provider, err := CUDAProvider(lib.path)
	if err != nil {
		return cudnn, cublaslt
	}
	list, _ := preload(provider) // who opens one that cannot be loaded is told
	for _, l := range list {
		if strings.HasPrefix(l.Name, "libcublasLt.") {
			cublaslt = l.Name
		}
	}
	return cudnn, cublaslt
}

// Load loads the library, for all that are loaded later.
func (l GPULibrary) Load() error {
	err := l.Err
	if err == nil {
		err = loadGlobal(cmp.Or(l.Path, l.Name))
	}
	if err != nil {
		return fmt.Errorf("%s, which %s needs: %w", l.Name, l.For, err)
	}
	return nil
}

// CUDAVersion is the major version of CUDA that the libraries belong to, by their runtime; 0 when it is not among them.
func CUDAVersion(list []GPULibrary) int {
	i := slices.IndexFunc(list, func(l GPULibrary) bool { return strings.HasPrefix(l.Name, "libcudart.so.") })
	if i < 0 {
		return 0
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(list[i].Name, "libcudart.so."), ".")
	n, _ := strconv.Atoi(major) // no number is no version
	return n
}

// Driver is what a machine's driver says.
type Driver struct {
	CUDA string // the newest version of CUDA that it runs
	GPUs int
}

// FindDriver asks the driver's library, by a path or, empty, where the loader finds it, whether it runs a major version of CUDA (0: any). The error says what is missing or does not fit.
func FindDriver(path string, major int) (Driver, error) {
	version, gpus, result, err := askDriver(cmp.Or(path, driverName))
	if err != nil {
		return Driver{}, fmt.Errorf("no driver: %w", err)
	}
	d := Driver{CUDA: fmt.Sprintf("%d.%d", version/1000, version%1000/10), GPUs: gpus}
	switch {
	case version > 0 && version < major*1000:
		return d, fmt.Errorf("the driver runs CUDA up to %s, and the provider was built for CUDA %d", d.CUDA, major)
	case result == 100 || result == 0 && gpus == 0:
		return d, errors.New("the driver finds no GPU")
	case result != 0:
		return d, fmt.Errorf("the driver fails with CUDA's error %d", result)
	}
	return d, nil
}
