// Package standin has a library in the place of CUDA's runtime, for tests: the device's memory is the processor's, two MiB of it, and copies are carried out by nobody before somebody waits for them.
//
//	d, err := ort.OpenDevice("cpu", standin.Library(t))
//
// So what is read before a copy is waited for, and what is overwritten while one is under way, shows in the numbers.
package standin

import (
	"bytes"
	_ "embed"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed source/runtime.c
var source []byte

// Library compiles the library and returns its path; without a compiler the test is skipped.
func Library(t testing.TB) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc to make a library with")
	}
	path := filepath.Join(t.TempDir(), "libcudart.so")
	compile := exec.Command(gcc, "-shared", "-fPIC", "-o", path, "-x", "c", "-")
	compile.Stdin = bytes.NewReader(source)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}
