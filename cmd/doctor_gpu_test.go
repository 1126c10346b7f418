package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"ssc/runtime/ort"
)

// TestGPUFindings: what is missing is a warning with what mends it; a machine that has nothing of a GPU lacks nothing.
func TestGPUFindings(t *testing.T) {
	lib := ort.GPULibrary{Name: "libcudnn.so.9", Path: "/l/libcudnn.so.9", For: "p.so"}
	full := gpu{driver: ort.Driver{CUDA: "13.1", GPUs: 2}, provider: "/p.so", libraries: []ort.GPULibrary{lib, {Name: "libcurand.so.10"}}, compiler: "NVRTC 13.5, /l/libnvrtc.so.13"}
	noDriver, none, noProvider, wrong := full, gpu{driverErr: errors.New("no driver: libcuda.so.1"), providerErr: errors.New("no provider")}, gpu{driver: full.driver, providerErr: errors.New("no provider"), compilerErr: errors.New("no compiler")}, full
	noDriver.driverErr = errors.New("the driver runs CUDA up to 12.8, and the provider was built for CUDA 13")
	wrong.libraries = []ort.GPULibrary{{Name: "libcudnn.so.9", Err: errors.New("another version")}}
	load := func(l ort.GPULibrary) error { return l.Err }
	for _, c := range []struct {
		g    gpu
		want string
	}{
		{full, "[{GPU driver ok CUDA up to 13.1, GPUs: 2 } {GPU provider ok /p.so } {cudnn.so.9 ok /l/libcudnn.so.9 } {curand.so.10 ok where the loader finds it } {GPU kernels ok NVRTC 13.5, /l/libnvrtc.so.13 }]"},
		{none, "[{GPU ok none: no driver: libcuda.so.1 }]"},
		{noProvider, "[{GPU driver ok CUDA up to 13.1, GPUs: 2 } {GPU provider warning no provider make gpu} {GPU kernels warning no compiler make gpu}]"},
		{wrong, "[{GPU driver ok CUDA up to 13.1, GPUs: 2 } {GPU provider ok /p.so } {cudnn.so.9 warning another version make gpu} {GPU kernels ok NVRTC 13.5, /l/libnvrtc.so.13 }]"},
	} {
		if got := fmt.Sprint(c.g.findings(load)); got != c.want {
			t.Errorf("findings = %s, want %s", got, c.want)
		}
	}
	if f := noDriver.findings(load)[0]; f.Status != "warning" || f.Found != noDriver.driverErr.Error() || f.Mend != mendDriver {
		t.Errorf("a driver that does not fit: %v", f)
	}
}

// TestUseGPU: for a GPU the cache's build with the provider is loaded, unless another library was named.
func TestUseGPU(t *testing.T) {
	root := t.TempDir()
	core := filepath.Join(root, "gpu-1", "lib", "python3.13", "site-packages", "onnxruntime", "capi", "libonnxruntime.so.1.30.0")
	if err := os.MkdirAll(filepath.Dir(core), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{core, filepath.Join(root, "gpu-1", "complete")} {
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ device, named, want string }{{"cpu", "", ""}, {"", "", ""}, {"cuda:1", "", core}, {"cuda", "/my/lib", "/my/lib"}} {
		t.Setenv("SSC_CACHE", root)
		t.Setenv("SSC_ORT_LIB", c.named)
		if err := useGPU(c.device); err != nil || os.Getenv("SSC_ORT_LIB") != c.want {
			t.Errorf("useGPU(%q) with %q: %q, %v, want %q", c.device, c.named, os.Getenv("SSC_ORT_LIB"), err, c.want)
		}
	}
}
