package python

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestYAML compares scalars, merges and aliases with PyYAML's: testdata/bases/scalars.golden is written by scalars.py beside it.
func TestYAML(t *testing.T) {
	want, err := os.ReadFile("testdata/bases/scalars.golden")
	if err != nil {
		t.Fatal(err)
	}
	cfg, diags := NewLoader(Options{Root: "testdata/bases"}).Load("testdata/bases/scalars.yaml")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got strings.Builder
	for _, it := range cfg.Merged.items {
		got.WriteString(Repr(it.key) + ": " + Repr(it.val) + "\n")
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("-PyYAML +ssc:\n%s", d)
	}
	base, _ := cfg.Merged.Get("base")
	lr, _ := base.X.(*Dict).Get("lr")
	if lr.Trail != "the rate" || lr.Text != "0.1" || lr.At.Start.Line != 18 || lr.At.Start.Column != 7 {
		t.Errorf("lr has comment %q, spelling %q and place %v; want those of line 18", lr.Trail, lr.Text, lr.At)
	}
}

// TestHostileYAML gives texts that would run code or exhaust a careless reader: each is answered by a diagnostic, soon.
func TestHostileYAML(t *testing.T) {
	laughs := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'z'; c++ {
		p := string(c - 1)
		laughs += string(c) + ": &" + string(c) + " [*" + p + ", *" + p + ", *" + p + ", *" + p + ", *" + p + ", *" + p + ", *" + p + ", *" + p + "]\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"code", "a: !!python/object/apply:os.system ['touch evil']", "Code in a configuration"},
		{"code in full", "a: !<tag:yaml.org,2002:python/object/apply:os.system> ['touch evil']", "Code in a configuration"},
		{"own tag", "a: !thing 1", "Code in a configuration"},
		{"laughs", laughs, "Value too large"},
		{"itself", "a: &a [*a]", "Value too large"},
		{"brackets", "a: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), ""},
		{"two hundred brackets", "a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "Too deeply nested"},
		{"unclosed", "a: [1, 2\nb: 3", "Syntax error"},
		{"list", "- 1\n- 2", "Invalid base"},
		{"date", "a: 2020-01-01", "Wrong type"},
		{"number", "a: 99999999999999999999", "Number out of range"},
		{"key", "? [1, 2]\n: 3", "Wrong type"},
		{"merge", "a:\n  <<: 3", "Syntax error"},
		{"zero", "a: 1\x00", "Invalid character"},
		{"latin-1", "a: caf\xe9", "Invalid character"},
		{"size", strings.Repeat("# x\n", MaxFileBytes/3), "File too large"},
		{"climb", "_base_: ../../../../../../../../etc/hosts.yaml", "Base outside the project"},
		{"no configuration", "_base_: x.txt", "Invalid base"},
	} {
		t.Run(c.name, func(t *testing.T) {
			diags := loadBounded(t, "testdata/hostile.yaml", c.text)
			found := c.want == "" && len(diags) > 0
			for _, d := range diags {
				found = found || d.Summary == c.want
			}
			if !found {
				t.Errorf("diagnostics %v, want %q", diags, c.want)
			}
		})
	}
	if _, err := os.Stat("evil"); err == nil {
		t.Error("code was run")
	}
}
