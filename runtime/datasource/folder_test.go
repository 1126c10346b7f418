package datasource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/transform"
)

func TestFolder(t *testing.T) {
	dir, img := t.TempDir(), imageFile(t, "rgb.png")
	for _, name := range []string{"img10.png", "img2.png", "z.WEBP", "sub10/1.tif", "sub9/a/1.jpg", "sub9/b.jpeg", "notes.txt", ".hidden.png", ".git/x.png", "thumbs/1.png", "sub9/thumbs/2.png"} {
		write(t, dir, name, img)
	}
	outside := t.TempDir()
	write(t, outside, "linked.png", img)
	for link, target := range map[string]string{"loop": dir, "sub9/up": "..", "out": outside, "again": outside, "gone.png": dir + "/none"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.png"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name             string
		include, exclude []any
		want             []string
	}{
		{"all", nil, nil, []string{"img2.png", "img10.png", "z.WEBP", "again/linked.png", "sub9/b.jpeg", "sub9/a/1.jpg", "sub9/thumbs/2.png", "sub10/1.tif", "thumbs/1.png"}},
		{"exclude a folder anywhere", nil, []any{"thumbs", "again", "out"}, []string{"img2.png", "img10.png", "z.WEBP", "sub9/b.jpeg", "sub9/a/1.jpg", "sub10/1.tif"}},
		{"exclude one folder", nil, []any{"thumbs/**", "a*"}, []string{"img2.png", "img10.png", "z.WEBP", "out/linked.png", "sub9/b.jpeg", "sub9/thumbs/2.png", "sub10/1.tif"}},
		{"include by name", []any{"*.txt", "img*"}, nil, []string{"img2.png", "img10.png", "notes.txt"}},
		{"include by path", []any{"sub9/**/*.jpg", "sub10/*"}, nil, []string{"sub9/a/1.jpg", "sub10/1.tif"}},
		{"both", []any{"*.png"}, []any{"img?.png", "thumbs", "again", "out"}, []string{"img10.png"}},
	} {
		args := map[string]any{"path": dir}
		if c.include != nil {
			args["include"] = c.include
		}
		if c.exclude != nil {
			args["exclude"] = c.exclude
		}
		s, err := open(t, "folder", args)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for i := range s.Len() {
			got = append(got, strings.TrimPrefix(s.Name(i), dir+"/"))
			if labelOf(s, i) != -1 {
				t.Errorf("%s: %s has label %d, want -1", c.name, s.Name(i), labelOf(s, i))
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if c.name != "all" {
			continue
		}
		for _, want := range []string{": 1 pipe, socket or device left out", ": 3 folders reached again by links, read once", ": 1 link to nothing left out", ": 1 file left out that is no image by its name (.txt)"} {
			if !slices.ContainsFunc(notesOf(s), func(n string) bool { return strings.HasSuffix(n, want) }) {
				t.Errorf("Notes() = %q, want one that ends with %q", notesOf(s), want)
			}
		}
		var m transform.Image
		if label, err := s.Read(1, &m); label != -1 || err != nil || m.Width != 7 {
			t.Errorf("Read(1) = %d, %v with width %d, want -1 with 7", label, err, m.Width)
		}
	}
}

func TestFolderRefuses(t *testing.T) {
	empty := t.TempDir()
	write(t, empty, "a.txt", nil)
	for _, c := range []struct {
		path string
		want string
	}{
		{empty, "no image in it (.png, .jpg"},
		{empty + "/none", "none: no such file"},
		{empty + "/a.txt", "a.txt: "},
	} {
		if _, err := open(t, "folder", map[string]any{"path": c.path}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%s) = %v, want %q", c.path, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&folder{path: empty}).Open(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with a cancelled context = %v, want %v", err, context.Canceled)
	}
}

// A pipe that took the place of an image must not hang the reader.
func TestReadPipe(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "a.png", imageFile(t, "rgb.png"))
	s, err := open(t, "folder", map[string]any{"path": dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	if _, err := s.Read(0, &m); err == nil || err.Error() != "not a regular file" {
		t.Errorf("Read(0) = %v, want %q", err, "not a regular file")
	}
}

func TestNaturally(t *testing.T) {
	want := []string{"", "1", "1.png", "01.png", "2", "9a", "10", "10a", "100", "99999999999999999999999", "a", "a1b2", "a1b10", "a2b1", "a10", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int { return naturally([]byte(a), []byte(b)) })
	if diff := cmp.Diff([]string{"", "1", "01.png", "1.png"}, got[:4]); diff != "" {
		t.Errorf("the first in natural order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[4:], got[4:]); diff != "" {
		t.Errorf("natural order (-want +got):\n%s", diff)
	}
}

func TestMatchesPath(t *testing.T) {
	for _, c := range []struct {
		pattern, file string
		want          bool
	}{
		{"*.png", "a/b/c.png", true}, {"*.png", "a/b/c.jpg", false}, {"b", "a/b", true},
		{"a/*.png", "a/c.png", true}, {"a/*.png", "a/b/c.png", false}, {"a/**/*.png", "a/c.png", true}, {"a/**/*.png", "a/b/d/c.png", true},
		{"**/b/**", "a/b/c", true}, {"**/b/**", "a/c", false}, {"/a/*", "a/b", true}, {"a/**", "a/b/c", true}, {"a/**", "b/a/c", false},
		{"**/x/**/y/*", "x/a/x/y/b", true}, {"**/x/**/y/*", "x/a/x/b/y", false},
	} {
		if got := anyMatches([]string{c.pattern}, c.file); got != c.want {
			t.Errorf("%q matches %q: %t, want %t", c.pattern, c.file, got, c.want)
		}
	}
}

// A million paths cost their bytes and eight each, with the slack of growing buffers.
func TestNamesAreSmall(t *testing.T) {
	const n = 100_000
	f := newFiles("data", as(3))
	for i := range n {
		f.add(fmt.Sprintf("%024d", i), -1)
	}
	if got, most := cap(f.paths.text)+8*cap(f.paths.spans)+4*cap(f.labels), n*(24+8)*5/4+4096; got > most {
		t.Errorf("%d paths of 24 bytes take %d bytes, want at most %d", n, got, most)
	}
	if f.Name(77) != "data/000000000000000000000077" || f.Label(77) != -1 {
		t.Errorf("Name(77) = %s with label %d", f.Name(77), f.Label(77))
	}
}
