package cmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
)

func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{"train.epochs=2": "train.epochs=2", "a b": "'a b'", "": "''", "it's": `'it'\''s'`, `view[0]=["x"]`: `'view[0]=["x"]'`, "$HOME": "'$HOME'", "/x/y-1.hcl": "/x/y-1.hcl"} {
		got := shellWord(in)
		if got != want {
			t.Errorf("shellWord(%q) = %s, want %s", in, got, want)
		}
		if out, err := exec.Command("sh", "-c", "printf %s "+got).Output(); err != nil || string(out) != in {
			t.Errorf("a shell reads %s as %q (%v), want %q", got, out, err, in)
		}
	}
}

// TestSettings: a plan holds what ssc config -origin prints, value by value.
func TestSettings(t *testing.T) {
	out := filepath.Join(t.TempDir(), "plan")
	args := []string{"-set", "train.epochs=2", "testdata/tiny.hcl"}
	if code, _, talk := run1(t, append([]string{"compile", "-o", out}, args...)...); code != ExitOK {
		t.Fatalf("ssc compile = %d: %s", code, talk)
	}
	b, err := os.ReadFile(filepath.Join(out, plan.File))
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	code, printed, talk := run1(t, append([]string{"config", "-json"}, args...)...)
	if code != ExitOK {
		t.Fatalf("ssc config = %d: %s", code, talk)
	}
	var want []plan.Setting
	for d := json.NewDecoder(strings.NewReader(printed)); d.More(); {
		var m struct {
			Type string
			plan.Setting
		}
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.Type == "value" {
			want = append(want, m.Setting)
		}
	}
	if diff := cmp.Diff(want, p.Settings); diff != "" || len(want) < 50 {
		t.Errorf("%d settings (-config +plan):\n%s", len(want), diff)
	}
}
