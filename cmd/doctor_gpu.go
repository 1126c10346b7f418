package cmd

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/nvrtc"
	"ssc/runtime/ort"
	"ssc/setup/cache"
)

// gpuCore is the ONNX Runtime library that runs on a GPU: the one that was named, or the cache's; empty when there is none.
func gpuCore() string { return cmp.Or(os.Getenv("SSC_ORT_LIB"), cache.GPULibrary()) }

// useGPU has this process load the build of ONNX Runtime with the CUDA provider, where the device is a GPU and nobody named another. It comes before the library is loaded.
func useGPU(device string) error {
	kind, _, err := plan.ParseDevice(device)
	if core := cache.GPULibrary(); err == nil && kind == "cuda" && os.Getenv("SSC_ORT_LIB") == "" && core != "" {
		return os.Setenv("SSC_ORT_LIB", core)
	}
	return nil // what is no device is refused elsewhere
}

// gpu is what was found of a GPU and its libraries.
type gpu struct {
	driver      ort.Driver
	driverErr   error
	provider    string
	providerErr error
	libraries   []ort.GPULibrary
	compiler    string // of our own kernels
	compilerErr error
}

// findGPU looks for everything that steps on a GPU need.
func findGPU() (g gpu) {
	if g.provider, g.providerErr = ort.CUDAProvider(gpuCore()); g.providerErr == nil {
		g.libraries, g.providerErr = ort.GPULibraries(g.provider, ort.GPUFolders())
	}
	g.driver, g.driverErr = ort.FindDriver("", ort.CUDAVersion(g.libraries))
	if c, err := nvrtc.Find(); err != nil {
		g.compilerErr = err
	} else {
		g.compiler = fmt.Sprintf("NVRTC %s, %s", c.Version(), c.Path())
	}
	return g
}

const (
	mendDriver  = "install NVIDIA's driver for this CUDA or a newer one, and restart; in a container begin it with --gpus all"
	mendRuntime = "make gpu"
)

// findings are the checks of a GPU. A machine without driver and provider lacks nothing.
func (g gpu) findings(load func(ort.GPULibrary) error) []finding {
	driver := finding{Check: "GPU driver", Status: "ok", Found: fmt.Sprintf("CUDA up to %s, GPUs: %d", g.driver.CUDA, g.driver.GPUs)}
	provider := finding{Check: "GPU provider", Status: "ok", Found: g.provider}
	if g.driverErr != nil {
		driver.Found = g.driverErr.Error()
	}
	if g.providerErr != nil {
		provider.Found = g.providerErr.Error()
	}
	switch {
	case g.driverErr != nil && g.providerErr != nil:
		return []finding{{Check: "GPU", Status: "ok", Found: "none: " + driver.Found}}
	case g.driverErr != nil:
		driver.Status, driver.Mend = "warning", mendDriver
	case g.providerErr != nil:
		provider.Status, provider.Mend = "warning", mendRuntime
	}
	out := []finding{driver, provider}
	for _, l := range g.libraries {
		f := finding{Check: strings.TrimPrefix(l.Name, "lib"), Status: "ok", Found: cmp.Or(l.Path, "where the loader finds it")}
		if err := load(l); err != nil {
			f.Status, f.Found, f.Mend = "warning", err.Error(), mendRuntime
		}
		out = append(out, f)
	}
	kernels := finding{Check: "GPU kernels", Status: "ok", Found: g.compiler}
	if g.compilerErr != nil {
		kernels.Status, kernels.Found, kernels.Mend = "warning", g.compilerErr.Error(), mendRuntime
	}
	return append(out, kernels)
}
