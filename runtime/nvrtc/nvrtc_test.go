package nvrtc

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ssc/kernels/cuda"
	"ssc/kernels/cuda/host"
	"ssc/setup/cache"
)

// found is the compiler of this machine; without one the test is skipped.
func found(t *testing.T) *Compiler {
	t.Helper()
	c, err := Find()
	if err != nil {
		t.Skip(err)
	}
	return c
}

// TestSources: all kernels compile for GPUs of three generations, without a GPU.
func TestSources(t *testing.T) {
	c := found(t)
	for _, arch := range []string{"sm_80", "sm_90", "sm_120"} {
		for _, name := range cuda.Names() {
			b, err := c.Compile(SourceOf(name), arch)
			if err != nil {
				t.Error(err)
				continue
			}
			if !bytes.HasPrefix(b, host.Binary[:4]) {
				t.Errorf("%s for %s is no ELF file", name, arch)
			}
			for _, k := range cuda.Kernels(name) {
				if !bytes.Contains(b, []byte(".text."+k+"\x00")) {
					t.Errorf("%s for %s has no kernel %s", name, arch, k)
				}
			}
			if len(cuda.Kernels(name)) == 0 {
				t.Errorf("no kernel is found in %s", name)
			}
		}
	}
}

// TestDiagnostics: what is wrong with a source is told with its line, also in a header, and a GPU that is not known with those that are.
func TestDiagnostics(t *testing.T) {
	c := found(t)
	for _, s := range []struct {
		arch, want string
		Source
	}{
		{"sm_90", "wrong.cu(2): error: identifier \"y\" is undefined", Source{Name: "wrong.cu", Text: "extern \"C\" __global__ void f(int *x) {\n\t*x = y;\n}"}},
		{"sm_90", "part.cuh(1): error", Source{Name: "wrong.cu", Text: "#include \"part.cuh\"", Headers: map[string]string{"part.cuh": "int f() { return z; }"}}},
		{"sm_90", "--nonsense", Source{Name: "right.cu", Options: []string{"--nonsense"}}},
		{"sm_10", "does not know this GPU; it compiles for sm_", Source{Name: "right.cu"}},
	} {
		_, err := c.Compile(s.Source, s.arch)
		if err == nil || !strings.Contains(err.Error(), s.want) || !strings.HasPrefix(err.Error(), "compiling "+s.Name+" for "+s.arch) {
			t.Errorf("Compile(%s) = %v, want %q", s.Name, err, s.want)
		}
	}
}

// standIn is a library in the place of NVRTC, of which each compilation makes other bytes. A text of "fail" it does not compile, and of one that is "empty" it makes nothing.
const standIn = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int calls;
struct program { char kind, binary[32]; };
int nvrtcVersion(int *a, int *b) { return *a = 13, *b = VERSION, 0; }
int nvrtcGetNumSupportedArchs(int *n) { return *n = 2, 0; }
int nvrtcGetSupportedArchs(int *a) { return a[0] = 80, a[1] = 90, 0; }
int nvrtcCreateProgram(struct program **p, const char *text, const char *name, int n, const char *const *headers, const char *const *names) {
	for (int i = 0; i < n; i++) if (strncmp(headers[i], "// ", 3) || strcmp(headers[i] + 3, names[i])) return 1;
	return *p = calloc(1, sizeof **p), (*p)->kind = *text, 0;
}
int nvrtcCompileProgram(struct program *p, int n, const char *const *options) {
	if (n < 2 || strncmp(options[0], "--gpu-architecture=sm_", 22)) return 2;
	return sprintf(p->binary, "made %d", ++calls), p->kind == 'f' ? 6 : 0;
}
int nvrtcGetProgramLogSize(struct program *p, size_t *n) { return *n = p->kind == 'f' ? 18 : 1, 0; }
int nvrtcGetProgramLog(struct program *p, char *s) { return strcpy(s, "x.cu(1): error: f"), 0; }
int nvrtcGetCUBINSize(struct program *p, size_t *n) { return *n = p->kind == 'e' ? 0 : strlen(p->binary), 0; }
int nvrtcGetCUBIN(struct program *p, char *s) { return memcpy(s, p->binary, strlen(p->binary)), 0; }
int nvrtcDestroyProgram(struct program **p) { return free(*p), 0; }
const char *nvrtcGetErrorString(int e) { return e == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR_OTHER"; }`

// compiled compiles a shared library; without a compiler the test is skipped.
func compiled(t *testing.T, name, source string, options ...string) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc to make a library with")
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path+".c", []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, append(options, "-shared", "-fPIC", "-o", path, path+".c")...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}

// TestCache: a binary is made once and kept, in the cache folder and for later processes; whatever changes it has it made again, and so has damage. Without a folder it is made each time.
func TestCache(t *testing.T) {
	root := t.TempDir()
	t.Setenv("SSC_CACHE", root)
	lib := compiled(t, "libnvrtc.so.13", standIn, "-DVERSION=5")
	load := func(path string) *Compiler {
		c, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := load(lib)
	s := Source{Name: "x.cu", Text: "text"}
	made := func(s Source, arch, want string) {
		t.Helper()
		if b, err := c.Compile(s, arch); err != nil || string(b) != want {
			t.Errorf("Compile = %q, %v, want %q", b, err, want)
		}
	}
	for range 2 {
		made(s, "sm_90", "made 1")
	}
	made(s, "sm_80", "made 2")
	made(Source{Name: "x.cu", Text: "text2"}, "sm_90", "made 3")
	made(Source{Name: "x.cu", Text: "text", Options: []string{"-DA"}}, "sm_90", "made 4")
	made(Source{Name: "x.cu", Text: "text", Headers: map[string]string{"a": "// a"}}, "sm_90", "made 5")
	made(Source{Name: "x.cu", Text: "text", Headers: map[string]string{"b": "// b"}}, "sm_90", "made 6")
	c = load(lib)
	made(s, "sm_90", "made 1")
	kept, err := filepath.Glob(filepath.Join(root, "cuda", "x-*.cubin"))
	if err != nil || len(kept) != 6 {
		t.Errorf("kept are %v, %v, want 6 files", kept, err)
	}
	for _, name := range kept { // one byte of each changes
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	made(s, "sm_90", "made 7")
	made(s, "sm_90", "made 7")
	c = load(compiled(t, "libnvrtc.so.13", standIn, "-DVERSION=6"))
	made(s, "sm_90", "made 1")
	c.cache = filepath.Join(kept[0], "a file is no folder")
	made(s, "sm_90", "made 2")
	made(s, "sm_90", "made 3")
	for text, want := range map[string]string{"fail": "NVRTC_ERROR_COMPILATION\nx.cu(1): error: f", "empty": "the compiler made nothing"} {
		if _, err := c.Compile(Source{Name: "x.cu", Text: text}, "sm_90"); err == nil || !strings.HasSuffix(err.Error(), want) || !strings.Contains(err.Error(), "for sm_90 with NVRTC 13.6") {
			t.Errorf("Compile(%s) = %v, want %q", text, err, want)
		}
	}
}

// TestCachePruned: binaries that nobody used go when there are more than there is room for, the longest unused first; other files stay, and so does the newest, whatever its size.
func TestCachePruned(t *testing.T) {
	root := t.TempDir()
	t.Setenv("SSC_CACHE", root)
	c, err := Load(compiled(t, "libnvrtc.so.13", standIn, "-DVERSION=5"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "cuda")
	compile := func(name string) {
		t.Helper()
		if _, err := c.Compile(Source{Name: name + ".cu", Text: "text"}, "sm_90"); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(want ...string) {
		t.Helper()
		var got []string
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			got = append(got, f.Name()[:1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("kept are %v, want %v", got, want)
		}
	}
	for i, name := range []string{"a", "b", "c"} {
		compile(name)
		files, err := filepath.Glob(filepath.Join(dir, name+"-*.cubin"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%s is kept as %v, %v", name, files, err)
		}
		then := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(files[0], then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "x"), make([]byte, 1000), 0o666); err != nil {
		t.Fatal(err)
	}
	kept("a", "b", "c", "x")
	compile("a") // of use again
	c.room = 3 * (32 + int64(len("made 4")))
	compile("d")
	kept("a", "c", "d", "x")
	c.room = 1
	compile("e")
	kept("e", "x")
}

// TestFind: NVRTC is looked for in SSC_CUDA_LIBS first, then in the cache folder; what lies there and is none is told.
func TestFind(t *testing.T) {
	root := t.TempDir()
	t.Setenv("SSC_CACHE", root)
	own := compiled(t, "libnvrtc.so.13", standIn, "-DVERSION=6")
	if err := os.Symlink(filepath.Dir(own), cache.NVRTCDir()); err != nil {
		t.Fatal(err)
	}
	lib := compiled(t, "libnvrtc.so.12", standIn, "-DVERSION=5")
	for libs, want := range map[string]string{filepath.Dir(lib): "13.5 " + lib, "": "13.6 " + filepath.Join(cache.NVRTCDir(), "libnvrtc.so.13")} {
		t.Setenv("SSC_CUDA_LIBS", libs)
		c, err := Find()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Version() + " " + c.Path(); got != want {
			t.Errorf("found is %s, want %s", got, want)
		}
	}
	for path, want := range map[string]string{"/nowhere/libnvrtc.so.13": "loading NVRTC: /nowhere/libnvrtc.so.13", compiled(t, "libother.so", "int x;"): "undefined symbol: nvrtcVersion"} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%s) = %v, want %q", path, err, want)
		}
	}
}

// TestDriver: what the driver refuses is told, and memory goes there and back.
func TestDriver(t *testing.T) {
	lib := host.Library(t, "sgd.cu")
	for path, want := range map[string]string{lib: "opening GPU 2 by " + lib + ": error 101 of CUDA: no such device", "/nowhere/libcuda.so.1": "opening GPU 2 by /nowhere/libcuda.so.1: "} {
		if _, err := OpenDriver(path, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenDriver = %v, want %q", err, want)
		}
	}
	d, err := OpenDriver(lib, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d.Arch() != "sm_90" || d.Processors() != 2 {
		t.Errorf("the GPU is %s with %d processors", d.Arch(), d.Processors())
	}
	for binary, want := range map[string]string{"": "no bytes", "no binary": "loading a binary for sm_90: error 200 of CUDA: no binary for this device"} {
		if _, err := d.Load([]byte(binary)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q) = %v, want %q", binary, err, want)
		}
	}
	m, err := d.Load(host.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Function("Nothing"); err == nil || !strings.Contains(err.Error(), "looking for the kernel Nothing: error 500 of CUDA: named symbol not found") {
		t.Errorf("Function(Nothing): %v", err)
	}
	f, err := m.Function("SGD")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want            string
		blocks, threads int
		args            []any
	}{
		{"argument 0: a kernel takes no string", 1, 1, []any{"x"}},
		{"0 blocks of 1 threads and 0 arguments: out of range", 0, 1, nil},
		{"1 blocks of 1025 threads", 1, 1025, nil},
		{"33 arguments", 1, 1, make([]any, 33)},
	} {
		if err := d.Launch(f, c.blocks, c.threads, c.args...); err == nil || !strings.Contains(err.Error(), "launching SGD") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Launch = %v, want %q", err, c.want)
		}
	}
	x, err := d.NewMemory(5)
	if err != nil {
		t.Fatal(err)
	}
	h, err := d.NewHost(6)
	if err != nil {
		t.Fatal(err)
	}
	copy(h.Bytes(), "there!")
	if err := x.CopyIn(h, 5); err != nil {
		t.Error(err)
	}
	copy(h.Bytes(), "......")
	if err := errors.Join(x.CopyOut(h, 5), d.Wait()); err != nil || string(h.Bytes()) != "there." {
		t.Errorf("there and back: %q, %v", h.Bytes(), err)
	}
	if x.CopyIn(h, 6) == nil || x.CopyOut(h, 6) == nil {
		t.Error("6 bytes are copied into 5")
	}
	x.Close()
	h.Close()
	m.Close()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
