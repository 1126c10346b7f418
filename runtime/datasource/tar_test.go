package datasource

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/transform"
)

// entry is what goes into an archive.
type entry struct {
	name string
	data []byte
	kind byte // tar.TypeReg unless given
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Size: int64(len(e.data)), Mode: 0o644, Typeflag: tar.TypeReg}
		if e.kind != 0 {
			h.Typeflag, h.Size, h.Linkname = e.kind, 0, "elsewhere"
			if e.kind == tar.TypeDir {
				h.Linkname = ""
			}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(e.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// dot is an image of one pixel.
func dot(v byte) []byte {
	return []byte{'P', '6', ' ', '1', ' ', '1', ' ', '2', '5', '5', '\n', v, v, v}
}

func TestTar(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("long/", 40) + "name"
	write(t, dir, "a-000.tar", archive(t, entry{name: "x/", kind: tar.TypeDir}, entry{name: "x/01.ppm", data: dot(1)}, entry{name: "x/01.cls", data: []byte("7\n")}, entry{name: "x/01.json", data: []byte("{}")},
		entry{name: "x/02.cls", data: []byte("0")}, entry{name: "x/02.seg.png", data: []byte("no image")}, entry{name: "x/02.PPM", data: dot(2)}, entry{name: "x/._02.ppm", data: []byte("junk")},
		entry{name: "x/03.cls", data: []byte("1")}, entry{name: "README", data: []byte("text")}))
	write(t, dir, "a-001.tar", archive(t, entry{name: "01.ppm", data: dot(3)}, entry{name: "01.cls", data: []byte("-1")}, entry{name: long + ".cls", data: []byte("5")}, entry{name: long + ".ppm", data: dot(4)}))
	s, err := open(t, "tar", map[string]any{"files": []any{dir + "/a-{000..001}.tar"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var m transform.Image
	for i := range s.Len() {
		label, err := s.Read(i, &m)
		if err != nil || label != labelOf(s, i) {
			t.Errorf("Read(%d) = %d, %v, want %d", i, label, err, labelOf(s, i))
		}
		got = append(got, fmt.Sprintf("%s %d %d", strings.TrimPrefix(s.Name(i), dir), label, m.Pix[0]))
	}
	want := []string{"/a-000.tar:x/01.ppm 7 1", "/a-000.tar:x/02.PPM 0 2", "/a-001.tar:01.ppm -1 3", "/a-001.tar:" + long + ".ppm 5 4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if n := notesOf(s); len(n) != 1 || !strings.Contains(n[0], "1 samples without an image left out") {
		t.Errorf("Notes() = %q, want one sample without an image", n)
	}
	other, err := open(t, "tar", map[string]any{"files": []any{dir + "/a-000.tar"}, "image": []any{"seg.png", "ppm"}, "label": ""})
	if err != nil {
		t.Fatal(err)
	}
	if name := other.Name(1); !strings.HasSuffix(name, ":x/02.seg.png") || labelOf(other, 1) != -1 {
		t.Errorf("with other fields sample 1 is %s, want x/02.seg.png", name)
	}
}

func TestTarRefuses(t *testing.T) {
	ok := entry{name: "1.ppm", data: dot(1)}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(archive(t, ok)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole := archive(t, ok, entry{name: "2.ppm", data: make([]byte, 5000)})
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"outside", archive(t, ok, entry{name: "../../etc/passwd", data: []byte("x")}), `a.tar: "../../etc/passwd" leads out of the archive`},
		{"absolute", archive(t, ok, entry{name: "/etc/passwd", data: []byte("x")}), `"/etc/passwd" leads out of the archive`},
		{"symbolic link", archive(t, ok, entry{name: "l.ppm", kind: tar.TypeSymlink}), `"l.ppm" is a link`},
		{"hard link", archive(t, ok, entry{name: "l.ppm", kind: tar.TypeLink}), `"l.ppm" is a link`},
		{"device", archive(t, ok, entry{name: "d", kind: tar.TypeChar}), `"d" is a device, a pipe or of an unknown kind`},
		{"pipe", archive(t, ok, entry{name: "d", kind: tar.TypeFifo}), `"d" is a device, a pipe or of an unknown kind`},
		{"twice", archive(t, ok, ok), `sample "1" has the field "ppm" twice`},
		{"label", archive(t, ok, entry{name: "1.cls", data: []byte("cat")}), `1.cls: "cat" is no label`},
		{"long label", archive(t, ok, entry{name: "1.cls", data: make([]byte, 100)}), `1.cls: 100 bytes are no label`},
		{"no label", archive(t, ok), `sample "1" has no field "cls"; write label = ""`},
		{"text", []byte(strings.Repeat("this is text ", 100)), "a.tar: damaged after 0 samples"},
		{"compressed", zipped.Bytes(), "it is compressed, so its images cannot be found without unpacking"},
		{"truncated", whole[:3000], "truncated: 2.ppm has 5000 bytes at byte 1536 of 3000"},
		{"empty", archive(t), "a.tar: no sample with one of the fields"},
		{"sparse bomb", sparse(t), "is a sparse file, whose holes are not read"},
	} {
		path := write(t, t.TempDir(), "a.tar", c.data)
		var err error
		allocates(t, 4<<20, func() { _, err = open(t, "tar", map[string]any{"files": []any{path}}) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, want %q", c.name, err, c.want)
		}
	}
}

// sparse is an archive with a file of a tebibyte that takes no space.
func sparse(t *testing.T) []byte {
	b := archive(t, entry{name: "1.ppm", data: dot(1)})
	head := b[:512]
	head[156] = tar.TypeGNUSparse
	copy(head[257:265], "ustar  \x00")              // the GNU format
	copy(head[124:136], "00000000000\x00")          // no data in the archive
	copy(head[386:410], strings.Repeat("\x00", 24)) // no pieces
	copy(head[483:495], "\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00")
	copy(head[148:156], "        ")
	sum := 0
	for _, c := range head {
		sum += int(c)
	}
	copy(head[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func TestTarFilesOfAllKinds(t *testing.T) {
	var problems []string
	for range 30 {
		problems = append(problems, t.TempDir()+"/none.tar")
	}
	_, err := open(t, "tar", map[string]any{"files": []any{problems[0], problems[1]}})
	if want := problems[0] + ": no such file\n" + problems[1] + ": no such file"; err == nil || err.Error() != want {
		t.Errorf("Open = %v, want %q", err, want)
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b2", "b10", "c"} {
		write(t, dir, name, nil)
	}
	t.Chdir(dir)
	for _, c := range []struct {
		patterns, want []string
	}{
		{[]string{"c", "b{2..2}"}, []string{"c", "b2"}},
		{[]string{"{c,b2}"}, []string{"c", "b2"}},
		{[]string{"b*"}, []string{"b10", "b2"}},
		{[]string{"{b,c}*"}, []string{"b10", "b2", "c"}},
	} {
		got, err := expand(c.patterns)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("expand(%q) = %v (-want +got):\n%s", c.patterns, err, diff)
		}
	}
	words, err := braces("x{08..11}y{a,b}")
	if diff := cmp.Diff([]string{"x08ya", "x08yb", "x09ya", "x09yb", "x10ya", "x10yb", "x11ya", "x11yb"}, words); diff != "" || err != nil {
		t.Errorf("braces = %v (-want +got):\n%s", err, diff)
	}
	for pattern, want := range map[string]string{
		"a{b": "braces do not match", "{a{b}}": "braces do not match, or stand inside others", "{5..2}": "{5..2} is no range of numbers",
		"{0..99999999}": "{0..99999999} stands for more than 1048576 files", "{0..9999}{0..9999}": "stands for more than 1048576 files", "[": "the pattern is malformed",
		"z*": "no file fits the pattern",
	} {
		if _, err := expand([]string{pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("expand(%q) = %v, want %q", pattern, err, want)
		}
	}
}

func FuzzTar(f *testing.F) {
	f.Add(archive(f, entry{name: "1.ppm", data: dot(1)}, entry{name: "1.cls", data: []byte("3")}))
	f.Add(archive(f, entry{name: strings.Repeat("long/", 40) + "1.ppm", data: dot(1)}))
	f.Add(archive(f, entry{name: "../1.ppm", data: dot(1)}, entry{name: "l", kind: tar.TypeSymlink}))
	path := filepath.Join(f.TempDir(), "a.tar")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		s := &tarScan{ctx: context.Background(), source: &tarSource{images: []string{"ppm", "jpg"}, label: "cls"}, path: path}
		allocates(t, 8<<20+64*uint64(len(data)), func() { s.run() })
		if len(s.offsets) != len(s.sizes) || len(s.offsets) != s.keys.len() || len(s.offsets) != len(s.labels) {
			t.Fatalf("%d offsets, %d sizes, %d keys, %d labels", len(s.offsets), len(s.sizes), s.keys.len(), len(s.labels))
		}
		for i, at := range s.offsets {
			if at < 0 || s.sizes[i] < 0 || at+int64(s.sizes[i]) > int64(len(data)) {
				t.Errorf("sample %d has %d bytes at byte %d of %d", i, s.sizes[i], at, len(data))
			}
		}
	})
}
