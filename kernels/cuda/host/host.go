// Package host runs kernels for GPUs on the processor, for tests: it compiles them, by g++, into a library that stands in the place of CUDA's driver, of cuDNN and of cuBLASLt.
//
// A test opens either of the library's two GPUs by [ssc/runtime/nvrtc.OpenDriver] and works with it as with a real one. The threads of a block run in order on the first and backwards on the second, so
// that what depends on the order, or on a barrier that is missing, shows as a difference. Reading or writing behind memory of the device ends the process, and so does what reads none.
package host

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ssc/kernels/cuda"
)

//go:embed shim/host.h
var header []byte

//go:embed shim/driver.cpp
var driver []byte

//go:embed shim/libraries.cpp
var libraries []byte

// ErrNoCompiler is the cause of an error where there is no C++ compiler.
var ErrNoCompiler = errors.New("no g++ to compile kernels for the processor with")

// Binary is what the library loads as a binary.
var Binary = []byte("\x7fELF, whatever")

// Compile gives that of a source that the library was made of.
func Compile(source, arch string) ([]byte, error) { return Binary, nil }

// Sources are those with the kernels of functions.
func Sources() (names []string) {
	for _, f := range cuda.Functions() {
		if !slices.Contains(names, f.Source) {
			names = append(names, f.Source)
		}
	}
	return names
}

// Functions is Library of all these sources.
func Functions(t testing.TB) string {
	t.Helper()
	return Library(t, Sources()...)
}

// Library is what Build makes for a test, which is skipped where there is no compiler.
func Library(t testing.TB, names ...string) string {
	t.Helper()
	path, err := Build(t.TempDir(), names...)
	if errors.Is(err, ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Build compiles the named sources into a folder and returns the library's path.
func Build(dir string, names ...string) (string, error) {
	gxx, err := exec.LookPath("g++")
	if err != nil {
		return "", ErrNoCompiler
	}
	files := map[string][]byte{"host.h": header, "driver.cpp": driver, "libraries.cpp": libraries}
	for name, text := range cuda.Headers() {
		files[name] = []byte(text)
	}
	out := filepath.Join(dir, "libcuda.so")
	args := []string{"-std=c++17", "-O1", "-g1", "-ffp-contract=off", "-U_FORTIFY_SOURCE", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-I" + dir, "-o", out, filepath.Join(dir, "driver.cpp"), filepath.Join(dir, "libraries.cpp")}
	for _, name := range names {
		var b strings.Builder
		fmt.Fprintf(&b, "#include \"host.h\"\n#include \"%s\"\n", name)
		for _, k := range cuda.Kernels(name) {
			fmt.Fprintf(&b, "static Kernel entry_%s = kernel_of(\"%s\", %s);\n", k, k, k)
		}
		unit := strings.TrimSuffix(name, ".cu") + ".cpp"
		files[name], files[unit] = []byte(cuda.Text(name)), []byte(b.String())
		args = append(args, filepath.Join(dir, unit))
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return "", fmt.Errorf("compiling kernels for the processor: %w", err)
		}
	}
	if text, err := exec.Command(gxx, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling kernels for the processor: %w\n%s", err, text)
	}
	return out, nil
}
