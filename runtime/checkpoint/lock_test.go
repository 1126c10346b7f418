package checkpoint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// child runs a test of this binary as another process, with dir in an environment variable.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLock$")
	cmd.Env = append(os.Environ(), "SSC_TEST_LOCK="+dir)
	return cmd
}

// lockAndTell is what the other process does: it locks the folder and says how that went.
func lockAndTell(dir string) {
	l, err := Lock(dir, func(format string, args ...any) { fmt.Printf("note: "+format+"\n", args...) })
	fmt.Println("error:", err)
	time.Sleep(time.Second)
	if err == nil {
		_ = l.Unlock()
	}
}

func TestLock(t *testing.T) {
	if dir := os.Getenv("SSC_TEST_LOCK"); dir != "" {
		lockAndTell(dir)
		return
	}
	dir := t.TempDir()
	silent := func(format string, args ...any) { t.Errorf("note: "+format, args...) }
	second := func() string {
		t.Helper()
		out, err := child(t, dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	lock, err := Lock(dir, silent)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(fmt.Sprintf(`is in use by process %d on \S+ since \d{4}-\d\d-\d\dT`, os.Getpid()))
	if got := second(); !want.MatchString(got) {
		t.Errorf("second Lock: %s, want a match of %s", got, want)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if got := second(); !strings.Contains(got, "error: <nil>") || strings.Contains(got, "note") {
		t.Errorf("Lock after Unlock: %s, want none and nothing to say", got)
	}
	if _, err := Lock(filepath.Join(dir, "gone"), silent); err == nil || !strings.Contains(err.Error(), "locking the run folder") {
		t.Errorf("Lock of a missing folder: error = %v, want one that says what was tried", err)
	}
}

// TestLockAfterKill: what a killed process held is free at once, with a line that says so.
func TestLockAfterKill(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it says that it has the lock
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	var notes []string
	l, err := Lock(dir, func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	if len(notes) != 1 || !strings.Contains(notes[0], fmt.Sprintf("left by process %d", cmd.Process.Pid)) || !strings.Contains(notes[0], "taken over") {
		t.Errorf("notes of Lock after a kill = %q, want one that names process %d", notes, cmd.Process.Pid)
	}
}

// TestEightAtOnce starts eight processes on one folder: one wins.
func TestEightAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	out := make([]string, 8)
	for i := range out {
		wg.Go(func() {
			b, _ := child(t, dir).CombinedOutput()
			out[i] = string(b)
		})
	}
	wg.Wait()
	won, refused := 0, 0
	for _, o := range out {
		if strings.Contains(o, "error: <nil>") {
			won++
		}
		if strings.Contains(o, "is in use by ") {
			refused++
		}
	}
	if won != 1 || refused != 7 {
		t.Errorf("of eight processes %d won and %d were refused, want 1 and 7:\n%s", won, refused, out)
	}
}

// remote is the locking of a machine whose file system shares no flock with others.
func remote(host string, notes *[]string) locking {
	return locking{host: host, flock: func(int) error { return syscall.ENOLCK }, every: 50 * time.Millisecond, stale: 400 * time.Millisecond,
		note: func(format string, args ...any) { *notes = append(*notes, fmt.Sprintf(format, args...)) }}
}

func TestHeartbeat(t *testing.T) {
	dir := t.TempDir()
	var notes []string
	a, err := remote("a", &notes).lock(dir)
	if err != nil || len(notes) > 0 {
		t.Fatalf("first lock = %v, %q, want none", err, notes)
	}
	if _, err := remote("b", &notes).lock(dir); err == nil || !strings.Contains(err.Error(), "in use by process") || !strings.Contains(notes[0], "waiting") {
		t.Errorf("lock while another machine lives = %v, %q, want a refusal after waiting", err, notes)
	}
	close(a.stop) // its machine loses power
	a.done.Wait()
	notes = nil
	b, err := remote("b", &notes).lock(dir)
	if err != nil || len(notes) != 2 || !strings.Contains(notes[1], "it shows no life") {
		t.Fatalf("lock after the other machine died = %v, %q, want a takeover that is told", err, notes)
	}
	if err := a.Check(); err == nil || !strings.Contains(err.Error(), "was taken over by process") {
		t.Errorf("Check of the lock that was taken over = %v, want who has it", err)
	}
	if err := b.Check(); err != nil {
		t.Errorf("Check of the lock that is held = %v, want none", err)
	}
	a.stop = make(chan struct{})
	if err := a.Unlock(); err != nil { // must not free what b holds
		t.Error(err)
	}
	if err := b.Check(); err != nil {
		t.Errorf("Check after the former holder let go = %v, want none", err)
	}
	if err := b.Unlock(); err != nil {
		t.Error(err)
	}
	notes = nil
	c, err := remote("c", &notes).lock(dir)
	if err != nil || len(notes) > 0 {
		t.Fatalf("lock after Unlock = %v, %q, want none and no waiting", err, notes)
	}
	defer c.Unlock()
}

// TestDamagedLock: a lock that a power cut left as zeros is nobody's.
func TestDamagedLock(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, LockFile), make([]byte, 100), 0o666); err != nil {
		t.Fatal(err)
	}
	var notes []string
	l, err := remote("a", &notes).lock(dir)
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "damaged") {
		t.Fatalf("lock with a damaged file = %v, %q, want it taken over", err, notes)
	}
	if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}
