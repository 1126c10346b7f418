package cmd

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { panic("a bug for a test") }

// TestBug checks that a panic is printed as a bug with what a report needs.
func TestBug(t *testing.T) {
	var stderr bytes.Buffer
	code := Main([]string{"ssc", "version"}, Streams{Out: brokenWriter{}, Err: &stderr})
	if code != ExitBug {
		t.Errorf("Main = %d, want %d", code, ExitBug)
	}
	for _, want := range []string{"This is a bug in ssc " + Version, "a bug for a test", "cmd_test.go"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &stderr)
		}
	}
}

func TestFlagsFirst(t *testing.T) {
	app := newApp(Streams{})
	for _, c := range []struct{ in, want string }{
		{"run a.hcl -set a=1 -json b.hcl", "run -set a=1 -json a.hcl b.hcl"},
		{"run a.hcl -set=a=1", "run -set=a=1 a.hcl"},
		{"run a.hcl --steps 3", "run --steps 3 a.hcl"},
		{"validate - -json", "validate -json -"},
		{"fmt a.hcl -write=false", "fmt -write=false a.hcl"},
		{"run a.hcl -- -odd.hcl -json", "run a.hcl -- -odd.hcl -json"},
		{"nosuch a -b", "nosuch a -b"},
		{"", ""},
		{"run a.hcl -set", "run -set a.hcl"},
	} {
		got := flagsFirst(app, append([]string{"ssc"}, strings.Fields(c.in)...))
		if diff := cmp.Diff(append([]string{"ssc"}, strings.Fields(c.want)...), got); diff != "" {
			t.Errorf("flagsFirst(%s) (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"count", count(0), "0"}, {"count", count(999), "999"}, {"count", count(1000), "1,000"}, {"count", count(-1234567), "-1,234,567"},
		{"amount", amount(0), "0"}, {"amount", amount(999), "999"}, {"amount", amount(999.9), "1.00 k"}, {"amount", amount(12345), "12.3 k"}, {"amount", amount(3.14159e9), "3.14 G"}, {"amount", amount(999.6e6), "1.00 G"},
		{"bytesText", bytesText(0), "0 B"}, {"bytesText", bytesText(1023), "1023 B"}, {"bytesText", bytesText(1024), "1.00 KiB"}, {"bytesText", bytesText(1 << 30), "1.00 GiB"}, {"bytesText", bytesText(123 << 20), "123 MiB"},
		{"dims", dims(nil), "[]"}, {"dims", dims([]int{-1, 3}), "[?, 3]"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestCompletion checks the scripts: that of bash by bash itself, the others by what they must name.
func TestCompletion(t *testing.T) {
	for _, shell := range shells {
		code, out, stderr := run1(t, "completion", shell)
		if code != ExitOK {
			t.Fatalf("ssc completion %s = %d: %s", shell, code, stderr)
		}
		for _, want := range []string{"validate", "head.contrastive", "algorithm.backbone.depth=", "dataset.train.view.random_resized_crop.scale=", "train.checkpoint.keep=", "steps-per-epoch", "evaluate.knn.k="} {
			if !strings.Contains(out, want) {
				t.Errorf("the script for %s does not name %s", shell, want)
			}
		}
	}
	_, fish, _ := run1(t, "completion", "fish")
	for _, want := range []string{"from viz validate fmt config graph plan bench' -a '(__fish_complete_suffix .hcl)'", "from init migrate data compile run status runs report evaluate extract export show debug"} {
		if !strings.Contains(fish, want) {
			t.Errorf("the script for fish lacks %q", want)
		}
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the rest of this test needs bash")
	}
	_, script, _ := run1(t, "completion", "bash")
	for _, c := range []struct{ line, want string }{
		{"ssc val", "validate"},
		{"ssc explain head.contr", "head.contrastive"},
		{"ssc run x.hcl -set train.epo", "train.epochs="},
		{"ssc plan -detailed", "-detailed-exitcode"},
		{"ssc graph -stage buil", "built"},
		{"ssc completion z", "zsh"},
		{"ssc evaluate runs/x -probe col", "collapse"},
		{"ssc viz testdata/ti", "testdata/tiny.hcl"},
		{"ssc bench data testdata/ti", "testdata/tiny.hcl"},
	} {
		words := strings.Fields(c.line)
		cmd := exec.Command("bash", "-c", script+`
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_ssc
printf '%s\n' "${COMPREPLY[@]}"`, "bash")
		cmd.Args = append(cmd.Args, words...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.line, err, out)
		}
		if got := strings.Fields(string(out)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("completion of %q = %v, want %s", c.line, got, c.want)
		}
	}
}
