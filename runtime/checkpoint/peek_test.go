package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPeek: who has a folder is read off the lock's file, and the lock stays as it is.
func TestPeek(t *testing.T) {
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		name string
		text string // of the lock; empty: no file
		age  time.Duration
		want string // alive, silent
	}{
		{"no lock", "", 0, "nobody"},
		{"free", " ", 0, "nobody"},
		{"mine", holderText(t, host, os.Getpid()), 0, "true false"},
		{"suspended", holderText(t, host, os.Getpid()), time.Hour, "true true"},
		{"dead", holderText(t, host, dead.Process.Pid), 0, "false false"},
		{"elsewhere", holderText(t, "elsewhere", dead.Process.Pid), staleAfter / 2, "true false"},
		{"elsewhere, dead", holderText(t, "elsewhere", os.Getpid()), 2 * staleAfter, "false false"},
		{"damaged", "{", 0, "the lock is damaged: unexpected end of JSON input"},
	} {
		dir := t.TempDir()
		name := filepath.Join(dir, LockFile)
		if c.text != "" {
			if err := os.WriteFile(name, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, now, now.Add(-c.age)); err != nil {
				t.Fatal(err)
			}
		}
		h, err := Peek(dir, now)
		got := "nobody"
		if h != nil {
			got = fmt.Sprint(h.Alive, h.Silent(now))
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: Peek = %s, want %s", c.name, got, c.want)
		}
	}
}

func holderText(t *testing.T, host string, pid int) string {
	t.Helper()
	b, err := json.Marshal(holder{host, pid, time.Now(), 1})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPeekTakesNoLock: a folder can be locked while others look at it, and looking makes no file.
func TestPeekTakesNoLock(t *testing.T) {
	dir := t.TempDir()
	if h, err := Peek(dir, time.Now()); h != nil || err != nil {
		t.Errorf("Peek of a folder without a lock = %v, %v, want nobody", h, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("Peek leaves %v, %v, want nothing", entries, err)
	}
	l, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if h, err := Peek(dir, time.Now()); err != nil || h == nil || h.PID != os.Getpid() {
		t.Errorf("Peek of a locked folder = %v, %v, want this process", h, err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if h, err := Peek(dir, time.Now()); h != nil || err != nil {
		t.Errorf("Peek of a freed folder = %v, %v, want nobody", h, err)
	}
}

// TestGlance: sizes are compared and contents are not; a damaged checkpoint is passed over.
func TestGlance(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, 0)
	if c, passed, err := s.Glance(); c != nil || passed != nil || err != nil {
		t.Errorf("Glance of an empty store = %v, %v, %v, want nothing", c, passed, err)
	}
	for step := 1; step <= 3; step++ {
		if err := s.Save(step, []Tensor{{Name: "w", DType: "f32", Dims: []int{1}, Role: "param", Data: make([]byte, 4)}}, map[string]int{"samples": 7}); err != nil {
			t.Fatal(err)
		}
	}
	at := func(step, name string) string { return filepath.Join(dir, step, name) }
	if err := os.Truncate(at("000003", weightsFile), 3); err != nil {
		t.Fatal(err)
	}
	c, passed, err := s.Glance()
	if err != nil || c == nil || c.Step != 2 || len(passed) != 1 || !strings.Contains(passed[0].Error(), "000003: weights.safetensors is 3 of ") {
		t.Fatalf("Glance = %v, %v, %v, want step 2 and the damage of step 3", c, passed, err)
	}
	saved, bytes := c.Saved()
	if time.Since(saved) > time.Minute || bytes < 100 {
		t.Errorf("Saved = %v, %d bytes, want just now and two files", saved, bytes)
	}
	if err := os.Remove(at("000002", manifestFile)); err != nil {
		t.Fatal(err)
	}
	if c, passed, _ := s.Glance(); c == nil || c.Step != 1 || len(passed) != 2 {
		t.Errorf("Glance = %v, %v, want step 1 and two damaged ones", c, passed)
	}
}
