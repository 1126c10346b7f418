package cache

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestGPU: the GPU's parts are found when their folder is complete, and not before.
func TestGPU(t *testing.T) {
	root := t.TempDir()
	t.Setenv("SSC_CACHE", root)
	site := filepath.Join(root, "gpu-0123", "lib", "python3.13", "site-packages")
	core := filepath.Join(site, "onnxruntime", "capi", "libonnxruntime.so.1.30.0")
	cu := filepath.Join(site, "nvidia", "cu13", "lib")
	for _, dir := range []string{filepath.Dir(core), cu, filepath.Join(site, "nvidia", "cu13", "include")} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for i, file := range []string{core, filepath.Join(root, "gpu-0123", "complete")} {
		if GPULibrary() != "" || GPUFolders() != nil {
			t.Errorf("%q and %q are found after %d files", GPULibrary(), GPUFolders(), i)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(NVRTCDir(), 0o777); err != nil {
		t.Fatal(err)
	}
	if GPULibrary() != core || !slices.Equal(GPUFolders(), []string{cu, NVRTCDir()}) {
		t.Errorf("found %q and %q", GPULibrary(), GPUFolders())
	}
}
