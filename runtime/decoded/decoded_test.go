package decoded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	gojpeg "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

// folderOf writes images in two classes, the last of them unreadable.
func folderOf(t testing.TB) string {
	dir := t.TempDir()
	for i := range 9 {
		img := image.NewRGBA(image.Rect(0, 0, 30+7*i, 60-3*i))
		for p := range img.Pix {
			img.Pix[p] = uint8(p*p>>5 + i*40)
		}
		img.Set(3, 3, color.RGBA{255, 0, 0, 255})
		var b bytes.Buffer
		name, err := fmt.Sprintf("%c/%d.png", 'a'+i%2, i), error(nil)
		if i%3 == 0 {
			name = strings.TrimSuffix(name, "png") + "jpg"
			err = gojpeg.Encode(&b, img, nil)
		} else {
			err = png.Encode(&b, img)
		}
		if i == 8 {
			b.Truncate(100)
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, b.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// spy counts what is read from the source.
type spy struct {
	datasource.Samples
	reads *atomic.Int64
}

func (s spy) Read(i int, m *transform.Image) (int64, error) {
	s.reads.Add(1)
	return s.Samples.Read(i, m)
}

func (s spy) Label(i int) int64 { return s.Samples.(datasource.Labeled).Label(i) }

func open(t testing.TB, dir string, l plan.Loader) (*samples, *atomic.Int64) {
	t.Helper()
	c := plan.Component{Type: "source", Label: "image_folder", Args: map[string]any{"data_prefix": dir}}
	src, err := datasource.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := src.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := new(atomic.Int64)
	out, err := Open(t.Context(), spy{s, n}, c, 3, l, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	return out.(*samples), n
}

func kept(dir string) plan.Loader { return plan.Loader{Cache: dir, CacheGiB: 1} }

// show describes every sample: its pixels and label, or its error.
func show(t testing.TB, s *samples) (out []string) {
	var m transform.Image
	for i := range s.Len() {
		label, err := s.Read(i, &m)
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		out = append(out, fmt.Sprintf("%d %d %d %x", label, m.Height, m.Width, m.Pix))
	}
	return out
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: sample %d is %.60s…, want %.60s…", what, i, got[i], want[i])
		}
	}
}

func pixelsFile(t testing.TB, dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "*", "pixels*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache holds %v, %v, want one file", files, err)
	}
	return files[0]
}

// The file changes no bit, is used by a second opening, and is made anew when an image changed.
func TestKept(t *testing.T) {
	for _, side := range []int{0, 25} {
		dir, store := folderOf(t), t.TempDir()
		l := kept(store)
		l.CacheSide = side
		small := l
		small.CacheGiB = 1e-6
		without, _ := open(t, dir, small)
		if without.file != nil || !strings.Contains(without.note, "loader.cache_gib = ") {
			t.Fatalf("a limit of 1 KB: file %v, note %q", without.file, without.note)
		}
		want := show(t, without)
		first, _ := open(t, dir, l)
		if first.file == nil {
			t.Fatalf("nothing is kept: %s", first.note)
		}
		same(t, "the first opening", show(t, first), want)
		second, reads := open(t, dir, l)
		same(t, "the second opening", show(t, second), want)
		if n := reads.Load(); n != 1 {
			t.Errorf("%d images were read from the source, want the unreadable one alone", n)
		}
		if second.Label(0) != 0 || second.Label(8) != 1 {
			t.Errorf("labels %d and %d, want 0 and 1", second.Label(0), second.Label(8))
		}
		when := time.Now().Add(-time.Hour)
		if err := os.Chtimes(first.Name(0), when, when); err != nil {
			t.Fatal(err)
		}
		_, reads = open(t, dir, l)
		if n := reads.Load(); n != 9 {
			t.Errorf("after an image changed %d images were read, want 9", n)
		}
	}
}

func TestSideBounds(t *testing.T) {
	l := kept(t.TempDir())
	l.CacheSide = 25
	s, _ := open(t, folderOf(t), l)
	var m transform.Image
	if _, err := s.Read(0, &m); err != nil || min(m.Height, m.Width) != 25 || max(m.Height, m.Width) != 50 {
		t.Errorf("a 60 x 30 image is %d x %d, %v, want 50 x 25", m.Height, m.Width, err)
	}
}

// Whatever happens to the file, the samples stay what they are, and the next opening has a whole file again.
func TestDamage(t *testing.T) {
	dir := folderOf(t)
	source, _ := open(t, dir, plan.Loader{Cache: filepath.Join(t.TempDir(), "no", "\x00")})
	want := show(t, source)
	if source.file != nil || source.note == "" {
		t.Fatalf("a folder that cannot be made: file %v, note %q", source.file, source.note)
	}
	edit := func(change func(b []byte) []byte) func(string) error {
		return func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path+"2", change(b), 0o666)
		}
	}
	for name, damage := range map[string]func(path string) error{
		"a pixel":       edit(func(b []byte) []byte { b[100]++; return b }),
		"the index":     edit(func(b []byte) []byte { b[len(b)-80]++; return b }),
		"the foot":      edit(func(b []byte) []byte { b[len(b)-1]++; return b }),
		"its end":       edit(func(b []byte) []byte { return b[:len(b)-7] }),
		"its middle":    edit(func(b []byte) []byte { return append(b[:50:50], b[60:]...) }),
		"everything":    edit(func([]byte) []byte { return nil }),
		"another build": edit(func(b []byte) []byte { return b }),
	} {
		store := t.TempDir()
		open(t, dir, kept(store))
		path := pixelsFile(t, store)
		if err := errors.Join(damage(path), os.Rename(path+"2", path), os.WriteFile(path+".tmp-4194304", []byte("killed"), 0o666)); err != nil {
			t.Fatal(err)
		}
		s, _ := open(t, dir, kept(store))
		same(t, "without "+name, show(t, s), want)
		s, reads := open(t, dir, kept(store))
		same(t, "after mending "+name, show(t, s), want)
		if n := reads.Load(); name == "a pixel" && n != 10 || name != "a pixel" && n != 1 {
			t.Errorf("%s: %d images were read from the source", name, n)
		}
		if name != "another build" {
			pixelsFile(t, store) // what the killed process left is gone
		}
	}
}

// A file that is cut while it is mapped is damage, not the end of the program.
func TestCutWhileMapped(t *testing.T) {
	dir, store := folderOf(t), t.TempDir()
	s, _ := open(t, dir, kept(store))
	want := show(t, s)
	if err := os.Truncate(pixelsFile(t, store), 0); err != nil {
		t.Fatal(err)
	}
	same(t, "after the cut", show(t, s), want)
}

// Of several openings at once one builds, and all have the file.
func TestShared(t *testing.T) {
	dir, store := folderOf(t), t.TempDir()
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, reads := open(t, dir, kept(store))
			if s.file == nil {
				t.Errorf("nothing is kept: %s", s.note)
			}
			total.Add(reads.Load())
		})
	}
	wg.Wait()
	if n := total.Load(); n != 9 {
		t.Errorf("%d images were read, want 9", n)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, _ := open(t, folderOf(t), kept(t.TempDir()))
	if _, err := Open(ctx, s, plan.Component{Label: "image_folder"}, 3, kept(t.TempDir()), t.Logf); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want that it was cancelled", err)
	}
}
