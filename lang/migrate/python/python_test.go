package python

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// TestSemantics compares values with those of Python itself: testdata/semantics.golden is written by testdata/semantics.py.
func TestSemantics(t *testing.T) {
	read := func(name string) []string {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(text), "---\n")
	}
	snippets, want := read("semantics.txt"), read("semantics.golden")
	_, snippets[0], _ = strings.Cut(snippets[0], "\n")
	if len(snippets) != len(want) {
		t.Fatalf("%d snippets, but %d results: run testdata/semantics.py", len(snippets), len(want))
	}
	for i, s := range snippets {
		cfg, diags := NewLoader(Options{}).LoadText("snippet.py", []byte(s))
		got := ""
		if diags.HasErrors() {
			got = "refused"
			want[i], _, _ = strings.Cut(want[i], ":")
		} else {
			for _, k := range cfg.Merged.Keys() {
				v, _ := cfg.Merged.Get(k)
				got += fmt.Sprintf("%s = %s\n", k, Repr(v))
			}
		}
		if d := cmp.Diff(want[i], got); d != "" {
			t.Errorf("%s\nPython and ssc differ (-Python +ssc):\n%s\n%v", s, d, diags)
		}
	}
}

var expected = regexp.MustCompile(`# (ERROR|WARNING): (.*)$`)

// TestErrors loads the files in testdata/errors: exactly the lines that say so have a diagnostic, and the rest is evaluated.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.py")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range files {
		if strings.Contains(f, "_base") {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for i, line := range strings.Split(string(text), "\n") {
				if m := expected.FindStringSubmatch(strings.TrimRight(line, "\r")); m != nil {
					want[fmt.Sprintf("%d: %s: %s", i+1, strings.ToLower(m[1]), m[2])] = true
				}
			}
			cfg, diags := NewLoader(Options{Root: "testdata/errors"}).Load(f)
			got := map[string]bool{}
			for _, d := range diag.Sort(diags) {
				severity := "error"
				if d.Severity == hcl.DiagWarning {
					severity = "warning"
				}
				got[fmt.Sprintf("%d: %s: %s", d.Subject.Start.Line, severity, d.Summary)] = true
				if len(d.Detail) < 20 || !strings.HasSuffix(d.Detail, ".") && !strings.Contains(d.Detail, "example:") {
					t.Errorf("line %d: the detail %q says too little", d.Subject.Start.Line, d.Detail)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("diagnostics (-want +got):\n%s\n%v", d, diags)
			}
			if v, ok := cfg.Merged.Get("after"); !ok || v.X != int64(1) {
				t.Errorf("the statement after the errors was not evaluated: after = %v", v.X)
			}
		})
	}
}

// TestBases checks inheritance: merge, _delete_, templates, base values, JSON, attributes of _base_ and read_base.
func TestBases(t *testing.T) {
	for _, c := range []struct{ file, name, want string }{
		{"child.py", "model", "{'type': 'A', 'neck': {'type': 'N', 'x': 2, 'y': [1]}, 'head': {'fresh': True}, 'new': {'_delete_': True, 'k': 1}}"},
		{"child.py", "opt", "{'lr': 0.1, 'k': (1, {'n': 3})}"},
		{"child.py", "copied", "[3, {'n': 3}]"},
		{"child.py", "name", "'child child.py .py'"},
		{"child.py", "from_json", "{'a': None, 'b': [True, 1.5]}"},
		{"engine.py", "model", "{'type': 'B', 'neck': {'type': 'N', 'x': 1}, 'head': {'z': 1}}"},
		{"engine.py", "twice", "6"},
		{"lazy.py", "model", "{'type': A, 'neck': {'type': 'N', 'x': 5}, 'head': {'z': 1}}"},
		{"lazy.py", "num", "3"},
		{"on_yaml.py", "opt", "{'lr': 0.01, 'k': 1}"},
		{"on_yaml.py", "model", "{'type': 'A', 'neck': {'type': 'N', 'x': 1}, 'head': {'w': [1, 2]}}"},
	} {
		cfg, diags := NewLoader(Options{Root: "testdata/bases"}).Load("testdata/bases/" + c.file)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		v, _ := cfg.Merged.Get(c.name)
		if got := Repr(v); got != c.want {
			t.Errorf("%s: %s = %s, want %s", c.file, c.name, got, c.want)
		}
	}
}

// TestProvenance checks places, spellings and comments.
func TestProvenance(t *testing.T) {
	text := "# about the model\nmodel = dict(\n    # the rate\n    lr=1.5e-4 * 4096 / 256,  # scaled\n    out=[4],  # 0: conv-1\n    t=30.)  # end\n\np = [1.]\nq = dict(r=p)\n"
	cfg, diags := NewLoader(Options{}).LoadText("é.py", []byte(text))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	model, _ := cfg.Merged.Get("model")
	d := model.X.(*Dict)
	lr, _ := d.Get("lr")
	out, _ := d.Get("out")
	last, _ := d.Get("t")
	q, _ := cfg.Merged.Get("q")
	r, _ := q.X.(*Dict).Get("r")
	for _, c := range []struct{ what, got, want string }{
		{"comment above the statement", strings.Join(model.Lead, "|"), "about the model"},
		{"comment above the argument", strings.Join(lr.Lead, "|"), "the rate"},
		{"comment behind", lr.Trail, "scaled"},
		{"comment behind a list", out.Trail, "0: conv-1"},
		{"comment behind the last argument", last.Trail, "end"},
		{"spelling", lr.Text, "1.5e-4 * 4096 / 256"},
		{"spelling of a float", last.Text, "30."},
		{"place", diag.At(lr.At), "é.py:4,8"},
		{"place of a variable's value", diag.At(r.At), "é.py:8,5"},
		{"place of the key", diag.At(d.KeyAt("out")), "é.py:5,5"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}
