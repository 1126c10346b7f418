package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/atomic/fault"
)

// read is the content of a file.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// TestJournalContinues goes on behind the lines that a checkpoint counts, whatever follows them.
func TestJournalContinues(t *testing.T) {
	long := `"` + strings.Repeat("x", 10_000) + `"` + "\n" // more than a buffer
	for _, c := range []struct {
		content string
		lines   int
		want    string // after one line more; empty: refused
	}{
		{"", 0, "7\n"},
		{"1\n2\n", 2, "1\n2\n7\n"},
		{"1\n2\n3\n", 2, "1\n2\n7\n"},
		{"1\n2\n3 torn", 2, "1\n2\n7\n"},
		{"1\n\x00\x00\x00", 1, "1\n7\n"},
		{long + "2\n", 1, long + "7\n"},
		{"1\n2", 2, ""},
		{"1\n", 2, ""},
		{"", 1, ""},
	} {
		name := filepath.Join(t.TempDir(), "j")
		if c.content != "" {
			if err := os.WriteFile(name, []byte(c.content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		j, err := openJournal(atomic.OS{}, name, c.lines)
		if c.want == "" {
			if err == nil {
				t.Errorf("%d lines of %.20q: accepted, want a refusal", c.lines, c.content)
			}
			continue
		}
		if err == nil {
			err = errors.Join(j.add(7), j.sync())
			j.close()
		}
		if got := read(t, name); err != nil || got != c.want {
			t.Errorf("%d lines of %.20q and another: %.40q, %v, want %.40q", c.lines, c.content, got, err, c.want)
		}
	}
}

// TestJournalFailing lets each call fail in turn, for good or once: what a successful sync promised is there, whole and once.
func TestJournalFailing(t *testing.T) {
	for _, times := range []int{1, 2, 5} {
		for at, done := 0, false; !done; at++ {
			name := filepath.Join(t.TempDir(), "j")
			f := &fault.Failing{FS: atomic.OS{}, At: at, Times: times, Err: syscall.EIO}
			j, err := openJournal(f, name, 0)
			if err != nil {
				continue
			}
			promised := 0
			for i := range 9 {
				if err := j.add(i); err != nil {
					t.Fatal(err)
				}
				if i%3 == 2 && j.sync() == nil {
					promised = i + 1
				}
			}
			j.close()
			done = f.Calls() <= at
			want := "0\n1\n2\n3\n4\n5\n6\n7\n8\n"
			got := read(t, name)
			if !strings.HasPrefix(got, want[:2*promised]) || !strings.HasPrefix(want, got) {
				t.Errorf("%d calls from %d failing: %d lines were promised, the file is %q", times, at, promised, got)
			}
			if done && promised != 9 {
				t.Errorf("with no failing call %d lines were promised, want 9", promised)
			}
		}
	}
}
