package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ssc/setup/cache"
)

// tinyRun prepares a folder with the tests' pipeline and its data, and the command that trains it there.
func tinyRun(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/tiny.hcl")
	if err != nil {
		t.Fatal(err)
	}
	pixels, labels := idx(0x803, 16, 8, 8), idx(0x801, 16)
	for i := range 16 * 64 {
		pixels = append(pixels, byte(i*i))
	}
	labels = append(labels, make([]byte, 16)...)
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"tiny.hcl": text, "data/images": pixels, "data/labels": labels} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("ssc", append([]string{"run", "tiny.hcl"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SSC_CACHE="+cache.Dir())
	return cmd
}

// TestBrokenPipe closes the readers of both outputs at once: the run goes on to its end, and says in its log what nobody read.
func TestBrokenPipe(t *testing.T) {
	for _, json := range []string{"-json=false", "-json"} {
		cmd := tinyRun(t, json)
		for _, p := range []*io.Writer{&cmd.Stdout, &cmd.Stderr} {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			defer w.Close()
			*p = w
		}
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: a run whose readers are gone ended with %v, want success", json, err)
		}
		log, err := os.ReadFile(filepath.Join(cmd.Dir, "runs", "tiny", logName))
		if err != nil || !strings.Contains(string(log), "step 6/6") || !strings.Contains(string(log), "knn of raw pixels") {
			t.Errorf("%s: the log is %q (%v), want the last step and the evaluation", json, log, err)
		}
	}
}

// TestStuckReader leaves a full pipe unread: the run does not wait for it.
func TestStuckReader(t *testing.T) {
	cmd := tinyRun(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	filled := make(chan int)
	go func() {
		n := 0
		for {
			_ = w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			k, err := w.Write(make([]byte, 4096))
			if n += k; err != nil {
				filled <- n
				return
			}
		}
	}()
	if n := <-filled; n < 4096 {
		t.Fatalf("the pipe took %d bytes", n)
	}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the run ended with %v, want success", err)
		}
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		t.Error("the run waits for a reader that is stuck")
	}
}

// terminalRun runs the command with a terminal as standard error and returns what it showed. fails tells whether the command should.
func terminalRun(t *testing.T, cmd *exec.Cmd, fails bool) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine gives no terminal: %v", err)
	}
	defer master.Close()
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	var shown bytes.Buffer
	_, _ = io.Copy(&shown, master) // ends with an error when the other side is closed
	if err := cmd.Wait(); (err != nil) != fails {
		t.Errorf("%v ended with %v\n%s", cmd.Args, err, &shown)
	}
	return shown.String()
}

// TestTerminal checks that a terminal shows a bar in place of plain lines, that the talk stays above it, and that SSC_NO_PROGRESS removes it.
func TestTerminal(t *testing.T) {
	bar := regexp.MustCompile(`6/6 ━+ *loss [0-9.]+  lr [0-9.e-]+  [0-9]+ images/s`)
	shown := terminalRun(t, tinyRun(t), false)
	if !bar.MatchString(shown) {
		t.Errorf("the terminal shows no full bar:\n%q", shown)
	}
	if strings.Contains(shown, "step 6/6  epoch") {
		t.Errorf("the terminal shows plain lines beside the bar:\n%q", shown)
	}
	for _, want := range []string{"run folder", "evaluating"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the terminal does not show %q:\n%q", want, shown)
		}
	}
	cmd := tinyRun(t)
	cmd.Env = append(cmd.Env, "SSC_NO_PROGRESS=1")
	if shown := terminalRun(t, cmd, false); strings.Contains(shown, "━") || strings.Contains(shown, "step 6/6") || !strings.Contains(shown, "run folder") {
		t.Errorf("with SSC_NO_PROGRESS the terminal shows:\n%q", shown)
	}
}

// TestColour checks that diagnostics have colours on a terminal and that NO_COLOR removes them.
func TestColour(t *testing.T) {
	shown := func(env ...string) string {
		cmd := tinyRun(t)
		cmd.Args = []string{"ssc", "validate", "broken.hcl"}
		if err := os.WriteFile(filepath.Join(cmd.Dir, "broken.hcl"), []byte("train {\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, env...)
		return terminalRun(t, cmd, true)
	}
	if got := shown(); !strings.Contains(got, "\x1b[") {
		t.Errorf("no colour on a terminal: %q", got)
	}
	if got := shown("NO_COLOR=1", "FORCE_COLOR=1"); strings.Contains(got, "\x1b[") {
		t.Errorf("colour in spite of NO_COLOR: %q", got)
	}
}
