package ort

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestCores(t *testing.T) {
	for name, c := range map[string]struct {
		siblings []string
		want     int
	}{
		"two threads a core": {[]string{"0,2", "1,3", "0,2", "1,3"}, 2},
		"one thread a core":  {[]string{"0", "1", "2"}, 3},
		"nothing":            {nil, runtime.NumCPU()},
	} {
		root := t.TempDir()
		for i, s := range c.siblings {
			dir := filepath.Join(root, fmt.Sprintf("sys/devices/system/cpu/cpu%d/topology", i))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "thread_siblings_list"), []byte(s+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := cores(root); got != c.want {
			t.Errorf("%s: %d cores, want %d", name, got, c.want)
		}
	}
	if got := Threads(5); got != 5 {
		t.Errorf("Threads(5) = %d", got)
	}
}

// TestThreads: a session with the option 0 has as many threads as Threads says, the calling one among them.
func TestThreads(t *testing.T) {
	count := func() int {
		list, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	open := func() *Session {
		s, err := NewSession(doubling(), SessionOptions{Threads: 0})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	got := 0
	for range 10 { // Go's runtime may start a thread meanwhile
		before := count()
		s := open()
		got = count() - before + 1
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got == Threads(0) {
			return
		}
	}
	t.Errorf("a session has %d threads, want %d", got, Threads(0))
}

// TestThreadsAreFree: a session's threads may run on every core that the process may.
func TestThreadsAreFree(t *testing.T) {
	s, err := NewSession(doubling(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	own := allowed(t, "/proc/self/status")
	tasks, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tasks {
		if got := allowed(t, name); got != "" && got != own {
			t.Errorf("%s may run on the cores %s, the process on %s", name, got, own)
		}
	}
}

// allowed are the cores that a thread may run on; empty when it has ended.
func allowed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "Cpus_allowed_list:")
	cores, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(cores)
}
