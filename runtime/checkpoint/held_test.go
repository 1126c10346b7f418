package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestHeld looks at folders from outside: nobody's, this process's, a dead one's, and one of another machine that shows life or does not.
func TestHeld(t *testing.T) {
	dir := t.TempDir()
	is := func(what string, want bool) {
		t.Helper()
		if got, err := Held(dir); got != want || err != nil {
			t.Errorf("%s: Held = %t, %v, want %t", what, got, err, want)
		}
	}
	is("no lock", false)
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	is("locked by this process", true)
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	is("freed", false)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, LockFile)
	write := func(host string, pid int, age time.Duration) {
		t.Helper()
		text := fmt.Sprintf(`{"host":%q,"pid":%d,"since":"2026-01-01T00:00:00Z","beat":3}`, host, pid)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	const gone = 1 << 22 // above the largest process number
	write(host, gone, 0)
	is("left by a dead process", false)
	write("elsewhere", gone, 0)
	is("of another machine, alive", true)
	write("elsewhere", gone, 2*staleAfter)
	is("of another machine, without life", false)
	if err := os.WriteFile(name, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	is("damaged", false)
}
