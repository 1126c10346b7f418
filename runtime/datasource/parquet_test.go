package datasource

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"ssc/runtime/transform"
)

func TestParquet(t *testing.T) {
	for _, name := range []string{"snappy", "plain", "zstd", "gzip", "pages", "fallback", "required"} {
		path := "testdata/parquet/" + name + ".parquet"
		s, err := open(t, "parquet", map[string]any{"files": []any{path}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Len() != 10 {
			t.Errorf("%s: Len() = %d, want 10", name, s.Len())
		}
		if got, want := s.Name(9), path+"[9]"; got != want {
			t.Errorf("Name(9) = %s, want %s", got, want)
		}
		var m transform.Image
		for _, i := range []int{9, 0, 3, 4, 8, 7, 1, 2, 6, 5} {
			label, err := s.Read(i, &m)
			if i == 4 && name != "required" {
				if err == nil || !strings.Contains(err.Error(), "the row has no image") {
					t.Errorf("%s: Read(4) = %v, want an error: the row has no image", name, err)
				}
				continue
			}
			wantLabel := int64(i % 3)
			if i == 7 && name != "required" {
				wantLabel = -1
			}
			if err != nil || label != wantLabel || label != labelOf(s, i) {
				t.Errorf("%s: Read(%d) = %d, %v, want %d", name, i, label, err, wantLabel)
			}
			if want := []byte{byte(10 * i), byte(10*i + 1), byte(10*i + 2)}; !bytes.Equal(m.Pix, want) {
				t.Errorf("%s: image %d = %v, want %v", name, i, m.Pix, want)
			}
		}
		if name == "required" {
			continue
		}
		if diff := cmp.Diff([]string{"cat", "dog", "eel"}, classesOf(s)); diff != "" {
			t.Errorf("%s: classes (-want +got):\n%s", name, diff)
		}
	}
}

func TestParquetManyFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"train-00001.parquet", "train-00000.parquet"} {
		write(t, dir, name, readTestdata(t, "parquet/snappy.parquet"))
	}
	s, err := open(t, "parquet", map[string]any{"files": []any{dir + "/train-*.parquet"}, "label": ""})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Name(13), filepath.Join(dir, "train-00001.parquet[3]"); s.Len() != 20 || got != want {
		t.Errorf("Len() = %d, Name(13) = %s, want 20, %s", s.Len(), got, want)
	}
	var m transform.Image
	if label, err := s.Read(13, &m); label != -1 || err != nil || m.Pix[0] != 30 {
		t.Errorf("Read(13) = %d, %v, %v, want -1 and 30", label, err, m.Pix)
	}
}

func readTestdata(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParquetRefuses(t *testing.T) {
	good := readTestdata(t, "parquet/snappy.parquet")
	long := bytes.Clone(good)
	binary.LittleEndian.PutUint32(long[len(long)-8:], 1<<31)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not a Parquet file: 0 bytes"},
		{"text", []byte("this is no such file"), `not a Parquet file, or truncated: it starts with "this" and ends with "file"`},
		{"truncated", good[:len(good)-20], "not a Parquet file, or truncated"},
		{"footer longer than the file", long, "a description of 2147483648 bytes in a file of"},
		{"damaged footer", append([]byte("PAR1\x19\x19\x19\x19"), 4, 0, 0, 0, 'P', 'A', 'R', '1'), "truncated description"},
		{"encrypted", append(good[:len(good)-4:len(good)-4], "PARE"...), "it is encrypted"},
		{"compression", readTestdata(t, "parquet/brotli.parquet"), `the column "image.bytes" has compression 4`},
		{"lists", readTestdata(t, "parquet/lists.parquet"), `there is no column "image"; it has image.list.element, label.list.element`},
		{"floats", readTestdata(t, "parquet/floats.parquet"), `the column "label" is not of the right type`},
	} {
		path := write(t, t.TempDir(), "a.parquet", c.data)
		if _, err := open(t, "parquet", map[string]any{"files": []any{path}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, want %q", c.name, err, c.want)
		}
	}
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"files": []any{"testdata/parquet/snappy.parquet"}, "image": "img"}, `there is no column "img"; it has image.bytes, image.path, label`},
		{map[string]any{"files": []any{"testdata/parquet/snappy.parquet"}, "label": "fine"}, `there is no column "fine"`},
		{map[string]any{"files": []any{"testdata/parquet/none.parquet"}}, "testdata/parquet/none.parquet: no such file"},
		{map[string]any{"files": []any{"testdata/parquet/x*.parquet"}}, "testdata/parquet/x*.parquet: no file fits the pattern"},
	} {
		if _, err := open(t, "parquet", c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%v) = %v, want %q", c.args, err, c.want)
		}
	}
}

// A damaged page is an error of its samples, not of the file.
func TestParquetDamagedPage(t *testing.T) {
	data := bytes.Clone(readTestdata(t, "parquet/plain.parquet"))
	at := bytes.Index(data, []byte("P6 1 1"))
	if at < 0 {
		t.Fatal("plain.parquet holds no image")
	}
	binary.LittleEndian.PutUint32(data[at-4:], 1<<30)
	s, err := open(t, "parquet", map[string]any{"files": []any{write(t, t.TempDir(), "a.parquet", data)}})
	if err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	if _, err := s.Read(0, &m); err == nil || !strings.Contains(err.Error(), "a value is longer than the page") {
		t.Errorf("Read(0) = %v, want an error: a value is longer than the page", err)
	}
	if _, err := s.Read(5, &m); err != nil {
		t.Errorf("Read(5) = %v, want an image of another page", err)
	}
}

func TestHybrid(t *testing.T) {
	for _, c := range []struct {
		data  []byte
		width int
		want  []int
	}{
		{[]byte{8 << 1, 5}, 3, []int{5, 5, 5, 5, 5, 5, 5, 5}},
		{[]byte{1<<1 | 1, 0x88, 0xc6, 0xfa}, 3, []int{0, 1, 2, 3, 4, 5, 6, 7}}, // the example of the format's description
		{[]byte{3 << 1, 1, 1<<1 | 1, 0b10}, 1, []int{1, 1, 1, 0, 1, 0}},
		{[]byte{4 << 1}, 0, []int{0, 0, 0, 0}},
		{[]byte{1<<1 | 1}, 0, []int{0, 0, 0}},
		{[]byte{2 << 1, 0x34, 0x12}, 16, []int{0x1234, 0x1234}},
	} {
		var got []int
		if err := hybrid(c.data, c.width, len(c.want), func(_, v int) { got = append(got, v) }); err != nil {
			t.Errorf("hybrid(%x, %d) = %v", c.data, c.width, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("hybrid(%x, %d) (-want +got):\n%s", c.data, c.width, diff)
		}
		if err := hybrid(c.data[:len(c.data)-1], c.width, len(c.want), func(int, int) {}); err == nil {
			t.Errorf("hybrid(%x, %d) of data cut by a byte: no error", c.data, c.width)
		}
	}
}

// Whatever a file says, opening and reading it takes memory in proportion to its size.
func FuzzParquet(f *testing.F) {
	for _, name := range []string{"snappy", "plain", "zstd", "gzip", "pages", "fallback", "required"} {
		f.Add(readTestdata(f, "parquet/"+name+".parquet"))
	}
	inflate, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<20))
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "a.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		allocates(t, 48<<20+2000*uint64(len(data)), func() {
			r := &pageReader{files: handles{paths: []string{path}}, zstd: inflate, limit: 1 << 20}
			defer r.files.closeIdle()
			p, err := openParquet(r, 0, "image", "label")
			if err != nil {
				return
			}
			rows := 0
			for i := range p.groups {
				g := &p.groups[i]
				rows += g.rows
				for row := range min(g.rows, 4) {
					_ = g.value(r, row, func(b []byte) error { return nil })
				}
			}
			if rows != len(p.labels) {
				t.Errorf("%d labels for %d rows", len(p.labels), rows)
			}
		})
	})
}
