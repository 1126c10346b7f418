package datasource

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"ssc/runtime/transform"
)

// TestFewDescriptors reads more files than the process may open, in a child of its own.
func TestFewDescriptors(t *testing.T) {
	if os.Getenv("SSC_TEST_FEW_DESCRIPTORS") == "" {
		dir := t.TempDir()
		for i := range 60 {
			write(t, dir, fmt.Sprintf("%02d.ppm", i), dot(byte(i)))
			write(t, dir, fmt.Sprintf("s-%02d.tar", i), archive(t, entry{name: "1.ppm", data: dot(byte(i))}))
		}
		c := exec.Command(os.Args[0], "-test.run=^TestFewDescriptors$", "-test.v")
		c.Env = append(os.Environ(), "SSC_TEST_FEW_DESCRIPTORS="+dir)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("child: %v\n%s", err, out)
		}
		return
	}
	dir := os.Getenv("SSC_TEST_FEW_DESCRIPTORS")
	files, err := open(t, "folder", map[string]any{"path": dir})
	if err != nil {
		t.Fatal(err)
	}
	shards, err := open(t, "tar", map[string]any{"files": []any{filepath.Join(dir, "s-*.tar")}, "label": ""})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 16, Max: 16}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 40 {
		wg.Go(func() {
			var m transform.Image
			for i := range 60 {
				i = (i*7 + w) % 60
				for _, s := range []Samples{files, shards} {
					if _, err := s.Read(i, &m); err != nil || m.Pix[0] != byte(i) {
						t.Errorf("Read(%d) = %v", i, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// Files are closed when others are needed, the one used longest ago first.
func TestHandles(t *testing.T) {
	dir := t.TempDir()
	h := &handles{}
	for i := range maxOpen + 3 {
		h.paths = append(h.paths, write(t, dir, fmt.Sprint(i), []byte{byte(i)}))
	}
	var b [1]byte
	read := func(i int) {
		if err := h.readAt(i, b[:], 0); err != nil || b[0] != byte(i) {
			t.Errorf("readAt(%d) = %d, %v", i, b[0], err)
		}
	}
	for i := range maxOpen {
		read(i)
	}
	read(0)
	for i := maxOpen; i < maxOpen+3; i++ {
		read(i)
	}
	if len(h.open) != maxOpen || h.open[0] == nil || h.open[1] != nil || h.open[4] == nil {
		t.Errorf("%d files open, 0: %t, 1: %t, 4: %t; want %d, true, false, true", len(h.open), h.open[0] != nil, h.open[1] != nil, h.open[4] != nil, maxOpen)
	}
	h.closeIdle()
	if len(h.open) != 0 {
		t.Errorf("%d files open after closeIdle, want 0", len(h.open))
	}
}
