package ort

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoFallback: a session for a GPU asks that no node runs on the CPU, and one for the CPU does not.
func TestNoFallback(t *testing.T) {
	const key = "session.disable_cpu_ep_fallback"
	for provider, want := range map[string]string{"": "", "cpu": "", "cuda": "1", "cuda:1": "1"} {
		if got := (SessionOptions{Provider: provider}).entries()[key]; got != want {
			t.Errorf("%s = %q for provider %q, want %q", key, got, provider, want)
		}
	}
	if got := (SessionOptions{Provider: "cuda", Config: map[string]string{key: "0"}}).entries()[key]; got != "0" {
		t.Errorf("the session's own %s is lost: %q", key, got)
	}
}

// TestCUDADevices: the provider is known by either of its names.
func TestCUDADevices(t *testing.T) {
	all := []string{"CPUExecutionProvider", "CudaPluginExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"}
	devices, names := cudaDevices(all, func(s string) string { return s })
	if !slices.Equal(devices, all[1:3]) || !slices.Equal(names, all[:3]) {
		t.Errorf("cudaDevices = %v, %v", devices, names)
	}
}

// compiled compiles a shared library; without a compiler the test is skipped.
func compiled(t *testing.T, name, source string) string {
	t.Helper()
	return linked(t, t.TempDir(), name, source)
}

// linked compiles a shared library into a folder; it needs others there, by their names.
func linked(t *testing.T, dir, name, source string, needs ...string) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc to make a library with")
	}
	path := filepath.Join(dir, name)
	file := path + ".c"
	if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"-shared", "-fPIC", "-Wl,-soname," + name, "-Wl,--no-as-needed", "-o", path, file, "-L", dir}
	for _, n := range needs {
		args = append(args, "-l:"+n)
	}
	if out, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}

// TestPluginWithoutGPU: a provider's library that finds no GPU is refused in words of its own, at each session.
func TestPluginWithoutGPU(t *testing.T) {
	path := compiled(t, "libplugin.so", `#include <stddef.h>
void *CreateEpFactories(const char *name, const void *base, const void *logger, void **factories, size_t max, size_t *n) { *n = 0; return NULL; }
void *ReleaseEpFactory(void *factory) { return NULL; }`)
	t.Setenv("SSC_CUDA_PLUGIN", path)
	for range 2 {
		_, err := NewSession([]byte("x"), SessionOptions{Provider: "cuda"})
		if err == nil || !strings.Contains(err.Error(), path+" offers 0 GPUs, number 0 is not among them") {
			t.Errorf("NewSession error = %v", err)
		}
	}
}
