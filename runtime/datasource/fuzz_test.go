package datasource

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzCIFAR: what opens has as many records as its size says, with labels of its classes.
func FuzzCIFAR(f *testing.F) {
	f.Add(cifarRecord([]byte{3}, 1, 2, 3))
	f.Add(cifarRecord([]byte{200}, 1, 2, 3)[:100])
	path := filepath.Join(f.TempDir(), "a.bin")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		allocates(t, 1<<20, func() {
			labels, err := cifarLabels(t.Context(), path, cifarFiles{labels: 1, classes: 10})
			if err != nil {
				return
			}
			if len(labels)*3073 != len(data) {
				t.Errorf("%d records in %d bytes", len(labels), len(data))
			}
			for i, v := range labels {
				if v >= 10 {
					t.Errorf("label %d is %d", i, v)
				}
			}
		})
	})
}

// FuzzOrientation: the walks through the parts of a file end, whatever lengths they meet.
func FuzzOrientation(f *testing.F) {
	for _, name := range []string{"orientation6.jpg", "orientation6.png", "orientation6.webp", "orientation8.tif"} {
		f.Add(imageFile(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		allocates(t, 8<<20, func() {
			for _, of := range []func([]byte) int{jpegOrientation, pngOrientation, webpOrientation, exifOrientation} {
				of(data)
			}
		})
	})
}

// FuzzSubsetList: a list selects samples that exist, in order and once.
func FuzzSubsetList(f *testing.F) {
	f.Add([]byte("3\n1\nshapes.train[7]\n"))
	f.Add([]byte("-1\n99999999999999999999\n"))
	s := shapesOf(f, map[string]any{"count": 20})
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := listed("list.txt", data, s)
		for i, n := range index {
			if err != nil || n < 0 || int(n) >= s.Len() || i > 0 && n <= index[i-1] {
				t.Errorf("listed = %v, %v", index, err)
			}
		}
	})
}
