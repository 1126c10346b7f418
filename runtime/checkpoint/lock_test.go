package checkpoint_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ssc/runtime/checkpoint"
)

// TestLock runs this test binary again as the second process.
func TestLock(t *testing.T) {
	if dir := os.Getenv("SSC_TEST_LOCK"); dir != "" {
		_, err := checkpoint.Lock(dir)
		fmt.Println("error:", err)
		return
	}
	dir := t.TempDir()
	second := func() string {
		t.Helper()
		cmd := exec.Command(os.Args[0], "-test.run=^TestLock$")
		cmd.Env = append(os.Environ(), "SSC_TEST_LOCK="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	lock, err := checkpoint.Lock(dir)
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
	if got := second(); !strings.Contains(got, "error: <nil>") {
		t.Errorf("Lock after Unlock: %s, want none", got)
	}
	again, err := checkpoint.Lock(dir) // the second process is gone, its file is not
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Unlock(); err != nil {
		t.Error(err)
	}
	if _, err := checkpoint.Lock(filepath.Join(dir, "gone")); err == nil || !strings.Contains(err.Error(), "locking the run folder") {
		t.Errorf("Lock of a missing folder: error = %v, want one that says what was tried", err)
	}
}
