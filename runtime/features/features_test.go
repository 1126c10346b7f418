package features

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// rows are some features with what could go wrong: a name with a comma and a quotation mark, an image without a label, numbers at the ends of float32.
var rows = []struct {
	name  string
	label int64
	x     []float32
}{
	{"a.png", 3, []float32{0, 1, -1.5, 0.1}},
	{"b, \"c\".png", -1, []float32{math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 1. / 3}},
	{"ö.png", 0, []float32{16777216, 2, 3, 4}},
	{"", 1 << 40, []float32{5, 6, 7, 8}},
}

// written is what a writer makes of the rows, cut into parts by flush after each when that is not nil.
func written(t *testing.T, name string, dims []int, after func(writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w := newWriter(name, &b)
	if err := w.begin(len(rows), dims); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.row(r.name, r.label, r.x); err != nil {
			t.Fatal(err)
		}
		if after != nil {
			if err := after(w); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGolden compares the files with the committed ones, which check.py reads with NumPy, PyArrow and Python's csv and compares with the rows above.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		file  string
		dims  []int
		after func(writer) error
	}{
		{"flat.npy", []int{4}, nil},
		{"map.npy", []int{1, 2, 2}, nil},
		{"flat.csv", []int{4}, nil},
		{"one_group.parquet", []int{4}, nil},
		{"groups.parquet", []int{2, 2}, func(w writer) error { return w.(*parquetWriter).flush() }},
	} {
		got := written(t, c.file, c.dims, c.after)
		file := filepath.Join("testdata", c.file)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is written as %d bytes that differ from the %d committed ones", c.file, len(got), len(want))
		}
	}
}

// TestNPYHeader: the data begins at a multiple of 64 whatever the shape's digits take.
func TestNPYHeader(t *testing.T) {
	for n := 1; n < 1e9; n = n*7 + 1 {
		var b bytes.Buffer
		w := &npyWriter{w: &b}
		if err := w.begin(n, []int{n, 3}); err != nil {
			t.Fatal(err)
		}
		head := b.Bytes()
		if size := 10 + int(binary.LittleEndian.Uint16(head[8:])); size != len(head) || size%64 != 0 || head[size-1] != '\n' {
			t.Errorf("the header of %d rows takes %d bytes and says %d, want a multiple of 64 that ends a line", n, len(head), size)
		}
		if want := fmt.Sprintf("'shape': (%d, %d, 3), ", n, n); !strings.Contains(string(head), want) {
			t.Errorf("header %q, want %s in it", head, want)
		}
	}
}

// TestLevels reads runs back.
func TestLevels(t *testing.T) {
	at := func(i int) bool { return i%5 > 1 || i > 300 }
	b := levels(1000, at)
	if n := binary.LittleEndian.Uint32(b); int(n) != len(b)-4 {
		t.Fatalf("length %d, want %d", n, len(b)-4)
	}
	i := 0
	for b = b[4:]; len(b) > 0; b = b[1:] {
		run, n := binary.Uvarint(b)
		if run&1 != 0 {
			t.Fatal("a run of packed bits, want runs of one level")
		}
		b = b[n:]
		for range run >> 1 {
			if (b[0] == 1) != at(i) {
				t.Fatalf("level %d = %d", i, b[0])
			}
			i++
		}
	}
	if i != 1000 {
		t.Errorf("%d levels, want 1000", i)
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{"a.npy": true, "b/c.parquet": true, "d.csv": true, "e.txt": false, "f": false, ".npy/g": false} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%s) = %v, want accepted: %v", name, err, ok)
		}
	}
}
