package ort

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// provider makes a folder with a provider's library and what it needs of NVIDIA's.
func provider(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	linked(t, dir, "libcublasLt.so.13", "int lt;")
	linked(t, dir, "libcublas.so.13", "int blas;", "libcublasLt.so.13")
	linked(t, dir, "libcudart.so.13", "int rt;")
	linked(t, dir, "libcudnn.so.9", "int dnn;")
	return dir, linked(t, dir, "libprovider.so", "int p;", "libcublas.so.13", "libcudart.so.13")
}

// TestGPULibraries: what a provider needs is read from it, is found in the folders, and comes behind what it needs itself.
func TestGPULibraries(t *testing.T) {
	dir, path := provider(t)
	list, err := GPULibraries(path, []string{filepath.Join(dir, "nothing"), dir})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range list {
		names = append(names, l.Name)
		if l.Path != filepath.Join(dir, l.Name) {
			t.Errorf("%s lies at %q", l.Name, l.Path)
		}
		if err := l.Load(); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"libcublasLt.so.13", "libcublas.so.13", "libcudart.so.13", "libcudnn.so.9"}; !slices.Equal(names, want) {
		t.Errorf("order %v, want %v", names, want)
	}
	if v := CUDAVersion(list); v != 13 {
		t.Errorf("the libraries are of CUDA %d, want 13", v)
	}
	if v := CUDAVersion(nil); v != 0 {
		t.Errorf("no libraries are of CUDA %d", v)
	}
}

// TestGPULibrariesMissing: what is missing is named, with what needs it; another version is told apart.
func TestGPULibrariesMissing(t *testing.T) {
	dir, path := provider(t)
	for name, other := range map[string]string{"libcudnn.so.9": "", "libcudart.so.13": "libcudart.so.12"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if other != "" {
			linked(t, dir, other, "int old;")
		}
	}
	list, err := GPULibraries(path, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"libcudnn.so.9":   "libcudnn.so.9, which libprovider.so needs: ",
		"libcudart.so.13": "another version than libcudart.so.13 is there: " + filepath.Join(dir, "libcudart.so.12"),
	} {
		l := list[slices.IndexFunc(list, func(l GPULibrary) bool { return l.Name == name })]
		if err := l.Load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("loading %s: %v, want %q", name, err, want)
		}
	}
	if _, err := GPULibraries(filepath.Join(dir, "libprovider.so.c"), nil); err == nil || !strings.Contains(err.Error(), "reading what") {
		t.Errorf("of a file that is no library: %v", err)
	}
	if _, err := CUDAProvider(filepath.Join(dir, "libonnxruntime.so")); err == nil || !strings.Contains(err.Error(), "the CUDA provider is not there") {
		t.Errorf("of a build without the provider: %v", err)
	}
	if _, err := CUDAProvider(""); err == nil {
		t.Error("no build at all has a provider")
	}
}

// TestFindDriver: no driver, one too old, one without a GPU, one that fails, and one that fits.
func TestFindDriver(t *testing.T) {
	source := func(init string) string {
		return "int cuDriverGetVersion(int *v) { return *v = 12080, 0; }\nint cuInit(unsigned f) { return " + init + "; }\nint cuDeviceGetCount(int *n) { return *n = 2, 0; }"
	}
	fits := compiled(t, "libdriver.so", source("0"))
	for _, c := range []struct {
		path  string
		major int
		want  string
	}{
		{fits, 12, ""}, {fits, 0, ""},
		{fits, 13, "the driver runs CUDA up to 12.8, and the provider was built for CUDA 13"},
		{compiled(t, "libnogpu.so", source("100")), 12, "finds no GPU"},
		{compiled(t, "libfails.so", source("803")), 12, "CUDA's error 803"},
		{"/nowhere/libcuda.so.1", 12, "no driver: /nowhere/libcuda.so.1"},
		{compiled(t, "libother.so", "int x;"), 12, "no driver: "},
	} {
		d, err := FindDriver(c.path, c.major)
		if c.want == "" && (err != nil || d != (Driver{"12.8", 2})) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("FindDriver(%s, %d) = %v, %v, want %q", c.path, c.major, d, err, c.want)
		}
	}
}
