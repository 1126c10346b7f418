package failpoint

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"step", `there is no point "step"; there are [step.before, step.after, `},
		{"write", `the action is ""; it must be kill, `},
		{"write:explode", `the action is "explode"`},
		{"write:kill:0", `"0" is no count`},
		{"write:kill:", `"" is no count`},
		{"write:kill:+", `"+" is no count`},
		{"write:kill,", `there is no point ""`},
	} {
		if _, err := parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("parse(%q) = %v, want %q", c.text, err, c.want)
		}
	}
}

// TestHit runs this test binary as a process with armed points.
func TestHit(t *testing.T) {
	if os.Getenv(Variable) != "" {
		child(t)
		return
	}
	if err := Write.Hit(); err != nil || Check() != nil {
		t.Errorf("Hit with nothing armed = %v, %v, want nothing", err, Check())
	}
	var b bytes.Buffer
	if w := Write.Writer(&b); w != &b {
		t.Errorf("Writer with nothing armed = %T, want the writer itself", w)
	}
	for _, c := range []struct {
		armed, want string
	}{
		{"write:enospc:2,sync:eio", "+e++++ half=4"},
		{"write:error:3+", "++eeee half=4"},
		{"write:panic:2", "+ panic=failpoint write"},
		{"write:kill:2", "signal: killed"},
		{"write:nothing", "refused"},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHit$")
		cmd.Env = append(os.Environ(), Variable+"="+c.armed)
		out, err := cmd.CombinedOutput()
		got := string(out)
		if err != nil {
			got += err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("with %s: %s, want %s", c.armed, got, c.want)
		}
	}
}

func child(t *testing.T) {
	if Check() != nil {
		os.Stdout.WriteString("refused")
		return
	}
	defer func() {
		if p := recover(); p != nil {
			os.Stdout.WriteString(" panic=" + p.(string))
		}
	}()
	for range 6 {
		switch err := Write.Hit(); {
		case err == nil:
			os.Stdout.WriteString("+")
		case errors.Is(err, syscall.ENOSPC), errors.Is(err, ErrInjected):
			os.Stdout.WriteString("e")
		default:
			t.Error(err)
		}
	}
	var b bytes.Buffer
	if n, err := (halves{Sync, &b}).Write([]byte("12345678")); errors.Is(err, syscall.EIO) && n == 4 && b.String() == "1234" || err == nil && n == 8 {
		os.Stdout.WriteString(" half=4")
	}
}

// TestManualListsPoints: the reliability manual has the table that the code prints.
func TestManualListsPoints(t *testing.T) {
	text, err := os.ReadFile("../../spec/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), Table()) {
		t.Errorf("spec/reliability.md lacks the table of failpoints as the code prints it:\n%s", Table())
	}
}

func BenchmarkUnset(b *testing.B) {
	for b.Loop() {
		if err := Write.Hit(); err != nil {
			b.Fatal(err)
		}
	}
}
