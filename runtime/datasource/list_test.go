package datasource

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func folderList(t *testing.T, dir string) *List {
	t.Helper()
	s, err := open(t, "folder", map[string]any{"path": dir})
	if err != nil {
		t.Fatal(err)
	}
	l := ListOf(s)
	if got, want := Digest(s), l.Digest(); got != want || len(got) != 64 {
		t.Errorf("Digest = %s, want that of the list, %s", got, want)
	}
	return l
}

func TestChangesOfFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 30 {
		write(t, dir, fmt.Sprintf("%d.png", i), make([]byte, i+1))
	}
	before := folderList(t, dir)
	if err := os.Chtimes(filepath.Join(dir, "3.png"), time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	if d := Changes(before, folderList(t, moved)); !d.Same() || d.Error() != "" {
		t.Errorf("a folder in another place is a change: %v", d)
	}
	dir = moved
	if d := Changes(before, folderList(t, dir)); !d.Same() || d.Error() != "" {
		t.Errorf("a touched file is a change: %v", d)
	}
	write(t, dir, "5.png", make([]byte, 100))
	write(t, dir, "new.png", nil)
	for i := 10; i < 22; i++ {
		if err := os.Remove(filepath.Join(dir, fmt.Sprintf("%d.png", i))); err != nil {
			t.Fatal(err)
		}
	}
	d := Changes(before, folderList(t, dir))
	if d.Same() || d.Added.Count != 1 || d.Removed.Count != 12 || d.Changed.Count != 1 || d.Reordered {
		t.Errorf("%d added, %d removed, %d changed, reordered %t; want 1, 12, 1, false", d.Added.Count, d.Removed.Count, d.Changed.Count, d.Reordered)
	}
	for _, want := range []string{"added: 1\n\tnew.png\n", "removed: 12\n\t10.png\n", "\n\tand 2 more\n", "changed: 1\n\t5.png"} {
		if !strings.Contains(d.Error(), want) {
			t.Errorf("Error() = %q, want %q in it", d.Error(), want)
		}
	}
}

func TestChangesOfLists(t *testing.T) {
	list := func(lines ...string) *List {
		l := &List{}
		for _, x := range lines {
			print, name, _ := strings.Cut(x, " ")
			l.add(print, []byte(name))
		}
		return l
	}
	for _, c := range []struct {
		name, want    string
		before, after *List
	}{
		{"same", "", list("1 a", "2 b"), list("1 a", "2 b")},
		{"order", "the same files come in another order", list("1 a", "2 b"), list("2 b", "1 a")},
		{"label", "changed: 1\n\ta", list("1:0 a"), list("1:1 a")},
		{"repeated", "added: 1\n\ta", list("1 a"), list("1 a", "1 a")},
		{"names with blanks", "removed: 1\n\ta b", list("1 a", "1 a b"), list("1 a")},
		{"all", "added: 1\n\tb\nremoved: 1\n\ta", list("1 a"), list("1 b")},
		{"nothing", "added: 1\n\ta", list(), list("1 a")},
	} {
		d := Changes(c.before, c.after)
		if diff := cmp.Diff(c.want, d.Error()); diff != "" || d.Same() != (c.want == "") || d.Same() != (c.before.Digest() == c.after.Digest()) {
			t.Errorf("%s: same %t (-want +got):\n%s", c.name, d.Same(), diff)
		}
	}
}

func TestListOfBigFiles(t *testing.T) {
	dir := t.TempDir()
	data := npyFile("'|u1'", "(3, 256, 256)", make([]byte, 3<<16))
	args := map[string]any{"channels": 1, "images": write(t, dir, "x.npy", data)}
	before, err := open(t, "npy", args)
	if err != nil {
		t.Fatal(err)
	}
	first := Digest(before)
	for _, c := range []struct {
		name string
		at   int
		same bool
	}{{"first byte of the pixels", 100, false}, {"last byte", len(data) - 1, false}, {"middle, which is not looked at", len(data) / 2, true}} {
		changed := bytes.Clone(data)
		changed[c.at] ^= 1
		write(t, dir, "x.npy", changed)
		if got := Digest(before) == first; got != c.same {
			t.Errorf("%s changed: the digest stays %t, want %t", c.name, got, c.same)
		}
	}
}

func TestListStored(t *testing.T) {
	l := &List{}
	l.add("12:3", []byte("a/b c.png"))
	l.add("7", []byte("line\nbreak"))
	l.add("gone", []byte("\xff\xfe"))
	var b, again bytes.Buffer
	n, err := l.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Errorf("WriteTo = %d, %v, want %d", n, err, b.Len())
	}
	if _, err := l.WriteTo(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("two writes of a list differ, or %v", err)
	}
	got, err := ReadList(bytes.NewReader(b.Bytes()))
	if err != nil || got.Digest() != l.Digest() || !Changes(l, got).Same() || got.Len() != 3 {
		t.Errorf("ReadList(WriteTo) = %v, %v, want the same list", got, err)
	}
	if _, err := l.WriteTo(fullDisk{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("WriteTo a full disk = %v, want %v", err, io.ErrShortWrite)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func squeeze(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadListRefuses(t *testing.T) {
	good := squeeze(t, listHead+"1 a\n")
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not a data list"},
		{"text", []byte("plain text"), "not a data list"},
		{"other version", squeeze(t, "ssc data list 2\n"), `starts with "ssc data list 2", not "ssc data list 1\n"`},
		{"damaged line", squeeze(t, listHead+"nothing\n"), `damaged data list: line "nothing"`},
		{"truncated", good[:len(good)-6], "damaged data list"},
		{"long line", squeeze(t, listHead+"1 "+strings.Repeat("x", 2<<20)), "damaged data list: bufio.Scanner: token too long"},
		{"bomb", squeeze(t, listHead+strings.Repeat("1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 1<<17)), "a data list of more than 4194304 bytes"},
	} {
		if _, err := readList(bytes.NewReader(c.data), 4<<20); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: readList = %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzDataList(f *testing.F) {
	f.Add(squeeze(f, listHead+"1 a\n2 b c\n"))
	f.Add(squeeze(f, listHead+"x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		allocates(t, 16<<20, func() {
			l, err := readList(bytes.NewReader(data), 1<<20)
			if err == nil && !Changes(l, l).Same() {
				t.Errorf("a list differs from itself: %v", Changes(l, l))
			}
		})
	})
}
