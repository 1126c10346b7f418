package datasource

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/transform"
)

// imageFile is the content of a committed image.
func imageFile(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata/images", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// contents lists the names and labels of a source below root.
func contents(s Samples, root string) []string {
	var out []string
	for i := range s.Len() {
		label := s.(*files).Label(i)
		out = append(out, fmt.Sprintf("%s %d", strings.TrimPrefix(s.Name(i), root+string(os.PathSeparator)), label))
	}
	return out
}

func TestImageFolder(t *testing.T) {
	dir, img := t.TempDir(), imageFile(t, "rgb.png")
	for _, name := range []string{"b/2.png", "b/1.JPG", "a b/x.jpeg", "a b/deep/er/y.png", "B/z.png", "b/notes.txt", ".cache/no.png", "stray.png"} {
		write(t, dir, name, img)
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	write(t, outside, "linked.png", img)
	for link, target := range map[string]string{"c": outside, "b/loop": dir + "/b", "b/file.png": dir + "/B/z.png"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := open(t, "image_folder", map[string]any{"data_prefix": dir})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"B/z.png 0", "a b/x.jpeg 1", "a b/deep/er/y.png 1", "b/1.JPG 2", "b/2.png 2", "b/file.png 2", "c/linked.png 3"}
	if diff := cmp.Diff(want, contents(s, dir)); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	var m transform.Image
	if label, err := s.Read(4, &m); label != 2 || err != nil || m.Channels != 3 || m.Height != 5 || m.Width != 7 {
		t.Errorf("Read(4) = %d, %v with %d x %d x %d, want 2 with 5 x 7 x 3", label, err, m.Height, m.Width, m.Channels)
	}
	flat, err := open(t, "image_folder", map[string]any{"data_prefix": outside, "channels": 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"linked.png -1"}, contents(flat, outside)); diff != "" {
		t.Errorf("flat folder (-want +got):\n%s", diff)
	}
}

func TestImageFolderRefuses(t *testing.T) {
	none, other := t.TempDir(), t.TempDir()
	write(t, none, "a/readme.txt", nil)
	for i := range 12 {
		write(t, other, fmt.Sprintf("a/%02d.x%02d", i, i), nil)
	}
	for dir, want := range map[string]string{
		none:        "no image in it (.png, .jpg, .jpeg, .webp, .tif, .tiff, .bmp, .ppm, .pgm)",
		other:       "12 files left out that are no images by their names (.x00, .x01, .x02, .x03, .x04, .x05, .x06, .x07, .x08, .x09, …)",
		none + "/x": "x: no such file",
	} {
		if _, err := open(t, "image_folder", map[string]any{"data_prefix": dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s) = %v, want %q", dir, err, want)
		}
	}
}

func TestImageList(t *testing.T) {
	dir, img := t.TempDir(), imageFile(t, "rgb.png")
	for _, name := range []string{"a.png", "my cat.png", "d/e.png"} {
		write(t, dir, name, img)
	}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"labels", "a.png 3\nd/e.png 0\n", []string{"a.png 3", "d/e.png 0"}},
		{"no labels", "a.png\nmy cat.png", []string{"a.png -1", "my cat.png -1"}},
		{"byte order mark, CRLF, empty lines, blanks", "\ufeffa.png 1\r\n\r\nmy cat.png \t 2  \r\n\n", []string{"a.png 1", "my cat.png 2"}},
		{"duplicates", "a.png 1\na.png 1\n", []string{"a.png 1", "a.png 1"}},
		{"absolute", dir + "/a.png 5\n", []string{"a.png 5"}},
	} {
		s, err := open(t, "image_list", map[string]any{"data_prefix": dir, "ann_file": write(t, t.TempDir(), "train.txt", []byte(c.text))})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, contents(s, dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestImageListRefuses(t *testing.T) {
	dir, img := t.TempDir(), imageFile(t, "rgb.png")
	write(t, dir, "a.png", img)
	many := "a.png\n" + strings.Repeat("none.png\n", 12)
	for _, c := range []struct{ name, text, want string }{
		{"missing", "a.png\nb.png\n", "train.txt:2: no such file: " + dir + "/b.png"},
		{"many missing", many, "train.txt:11: no such file: " + dir + "/none.png\nand 2 more"},
		{"folder", "a.png\n.\n", "train.txt:2: not a regular file"},
		{"label missing", "a.png 1\na.png\n", `train.txt:2: no label after the path "a.png"; the first line has one`},
		{"label no number", "a.png 1\na.png x\n", "train.txt:2: no label after the path"},
		{"label out of range", "a.png 1\na.png 99999999999\n", "train.txt:2: no label after the path"},
		{"empty", "\n\n", "train.txt: the list is empty"},
		{"UTF-16", "\xff\xfea\x00", "train.txt: is UTF-16 text; save it as UTF-8"},
		{"binary", "a.png\n\x00\x01\n", "train.txt:2: holds a zero byte"},
	} {
		_, err := open(t, "image_list", map[string]any{"data_prefix": dir, "ann_file": write(t, t.TempDir(), "train.txt", []byte(c.text))})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, want %q", c.name, err, c.want)
		}
	}
	s, err := open(t, "image_list", map[string]any{"data_prefix": dir, "missing": "skip", "ann_file": write(t, t.TempDir(), "train.txt", []byte(many))})
	if err != nil || s.Len() != 1 {
		t.Errorf(`Open with missing = "skip" = %v, %v, want one sample`, s, err)
	}
	if _, err := open(t, "image_list", map[string]any{"ann_file": "testdata/none.txt"}); !errors.Is(err, fs.ErrNotExist) || err.Error() != "testdata/none.txt: no such file" {
		t.Errorf("Open = %v, want %q", err, "testdata/none.txt: no such file")
	}
}

// A file that is no image is an error of its sample alone.
func TestReadBadSamples(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "text.png", []byte("this is text\n"))
	write(t, dir, "gone.png", imageFile(t, "rgb.png"))
	write(t, dir, "ok.png", imageFile(t, "rgb.png"))
	s, err := open(t, "image_folder", map[string]any{"data_prefix": dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "gone.png")); err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	for i, want := range []string{"no such file", "", "no image of a format that is read"} {
		_, err := s.Read(i, &m)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Read(%d) = %v, want %q", i, err, want)
		}
	}
}

func FuzzListFile(f *testing.F) {
	for _, s := range []string{"a.png 3\nb.png 4\n", "a b.png\r\n", "\ufeffx 1\n\n", "\xff\xfe", "a 1\nb\n", "\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out := &files{}
		lines, err := parseList("train.txt", data, out)
		if err != nil {
			return
		}
		if out.Len() == 0 || len(lines) != out.Len() || out.labels != nil && len(out.labels) != out.Len() {
			t.Fatalf("parseList gave %d lines, %d paths, %d labels", len(lines), out.Len(), len(out.labels))
		}
		for i := range out.Len() {
			if p := out.paths.at(i); p == "" || strings.ContainsAny(p, "\n\x00") || out.Label(i) < -1 {
				t.Errorf("path %d = %q with label %d", i, p, out.Label(i))
			}
		}
	})
}
