package python

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// TestHostile gives texts that would exhaust a careless reader: each is answered by a diagnostic, soon.
func TestHostile(t *testing.T) {
	deep := 10_000
	for _, c := range []struct{ name, text, want string }{
		{"brackets", "a = " + strings.Repeat("[", deep) + strings.Repeat("]", deep), "Too deeply nested"},
		{"unclosed brackets", "a = " + strings.Repeat("[", deep), ""},
		{"mixed brackets", "a = " + strings.Repeat("{(", deep), ""},
		{"calls", "a = " + strings.Repeat("dict(x=", deep) + "1" + strings.Repeat(")", deep), "Too deeply nested"},
		{"sums", "a = 1" + strings.Repeat("+1", deep), "Too deeply nested"},
		{"attributes", "a = b" + strings.Repeat(".c", deep), "Too deeply nested"},
		{"blocks", "if 1:\n" + indented(deep/10), "Too deeply nested"},
		{"power", "a = 9 ** 9 ** 9", "Number out of range"},
		{"shift", "a = 1 << 1000000000", "Number out of range"},
		{"product", "a = 9223372036854775807 * 2", "Number out of range"},
		{"float power", "a = 10. ** 400", "Number out of range"},
		{"digits", "a = " + strings.Repeat("9", 5000), "Number out of range"},
		{"long list", "a = [0] * 10 ** 9", "Value too large"},
		{"long text", "a = 'x' * 10 ** 9", "Value too large"},
		{"doubling text", "a = 'x'\n" + strings.Repeat("a = a + a\n", 60), "Value too large"},
		{"doubling list", "a = [0]\n" + strings.Repeat("a += a\n", 60), "Value too large"},
		{"billion laughs", "a = ['x']\n" + strings.Repeat("a = [a[:], a[:], a[:], a[:]]\n", 40), "Value too large"},
		{"laughs compared", "a = ['x']\nb = ['x']\n" + strings.Repeat("a = [a, a, a, a]\nb = [b, b, b, b]\n", 40) + "c = a == b\na = b = str(a)", "Wrong type"},
		{"laughs in a dictionary", "a = dict()\n" + strings.Repeat("a = dict(a=a, b=a)\n", 60), "Value too large"},
		{"long work", "y = [0] * 100000\nfor a in range(100000):\n  x = sorted(y)", "Too many steps"},
		{"slices", "y = [0] * 100000\nfor a in range(100000):\n  x = y[:]", "Too many steps"},
		{"sums of lists", "y = [0] * 100000\nfor a in range(100000):\n  x = y + []", "Too many steps"},
		{"copies", "import copy\ny = [0] * 100000\nfor a in range(100000):\n  x = copy.deepcopy(y)", "Too many steps"},
		{"cycle", "a = []\na.append(a)", "Value too large"},
		{"cycle of dictionaries", "a = dict()\na['a'] = a\nb = dict(a=a) == dict(a=a)", "Value too large"},
		{"loop", "for a in range(100000):\n  for b in range(100000):\n    c = 1", "Too many steps"},
		{"comprehension", "a = [x for x in range(100000) for y in range(100000)]", ""},
		{"range", "a = range(10 ** 15)", "Wrong arguments"},
		{"import", "a = __import__('os').system('touch evil')", "Code in a configuration"},
		{"eval", "a = eval('1')", "Code in a configuration"},
		{"open", "a = open('/etc/passwd').read()", "Code in a configuration"},
		{"escape by attribute", "a = ().__class__.__bases__[0].__subclasses__()", "Unsupported expression"},
		{"system", "import os\na = os.system('touch evil')", "Code in a configuration"},
		{"environment", "import os\na = os.environ['HOME']", ""},
		{"zero", "a = 1\x00", "Invalid character"},
		{"latin-1", "a = 'caf\xe9'", "Invalid character"},
		{"size", strings.Repeat("# x\n", MaxFileBytes/3), "File too large"},
		{"climb", "_base_ = '../../../../../../../../etc/hosts.py'", "Base outside the project"},
		{"absolute", "_base_ = '/etc/hosts.py'", "Base outside the project"},
		{"no configuration", "_base_ = 'x.txt'", "Invalid base"},
		{"itself", "_base_ = 'hostile.py'", "Cycle of bases"},
		{"tabs and blanks", "if 1:\n\ta = 1\n        b = 2\n  c = 3", ""},
		{"missing", "_base_ = 'nowhere.py'", "File cannot be read"},
		{"package", "_base_ = 'mmcls::../../x.py'", "External base"},
	} {
		t.Run(c.name, func(t *testing.T) {
			diags := loadBounded(t, "testdata/hostile.py", c.text)
			found := c.want == ""
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

// maxAllocated bounds what a hostile text makes the loader allocate in all, freed or not.
const maxAllocated = 512 << 20

// loadBounded loads a text, and reports a load that takes long or allocates much.
func loadBounded(t *testing.T, name, text string) hcl.Diagnostics {
	t.Helper()
	start, before := time.Now(), allocated()
	_, diags := NewLoader(Options{Root: "testdata"}).LoadText(name, []byte(text))
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if n := allocated() - before; n > maxAllocated {
		t.Errorf("allocated %d MB in all", n>>20)
	}
	return diags
}

// allocated is the number of bytes that were allocated until now.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func indented(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		b.WriteString(strings.Repeat(" ", i) + "if 1:\n")
	}
	b.WriteString(strings.Repeat(" ", n+1) + "a = 1\n")
	return b.String()
}

// TestPackageClimb checks that a base of a package stays in the package's folder.
func TestPackageClimb(t *testing.T) {
	l := NewLoader(Options{Packages: map[string]string{"p": "testdata/bases"}})
	_, diags := l.LoadText("testdata/x.py", []byte("_base_ = 'p::../errors/syntax.py'"))
	if len(diags) != 1 || diags[0].Summary != "Base outside the project" {
		t.Errorf("diagnostics %v, want one on the base", diags)
	}
}

// TestLargeFile checks that no more than the bound is read of a file.
func TestLargeFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "large.py")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(100 << 20); err != nil {
		t.Fatal(err)
	}
	f.Close()
	l := NewLoader(Options{})
	_, diags := l.Load(name)
	if len(diags) != 1 || diags[0].Summary != "File too large" {
		t.Errorf("diagnostics %v, want File too large", diags)
	}
	if got := len(l.Sources[name]); got > MaxFileBytes+1 {
		t.Errorf("%d bytes were read", got)
	}
}

// TestForms checks byte order marks, line ends and tabs.
func TestForms(t *testing.T) {
	text := "a = dict(\n\tb=1,  # one\n\tc='''x\ny''')\nif a:\n\td = 2\n"
	for _, form := range []string{text, "\xef\xbb\xbf" + text, strings.ReplaceAll(text, "\n", "\r\n")} {
		cfg, diags := NewLoader(Options{}).LoadText("x.py", []byte(form))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got, want := Repr(Value{X: cfg.Merged}), `{'a': {'b': 1, 'c': 'x\ny'}, 'd': 2}`; got != want {
			t.Errorf("%q: %s, want %s", form, got, want)
		}
	}
}

// TestUnclosed checks the place of a bracket that is not closed.
func TestUnclosed(t *testing.T) {
	_, diags := NewLoader(Options{}).LoadText("x.py", []byte("a = dict(\n    x='(',  # (\n    y=[1, 2,\nb = \"\"\"(\"\"\"\n"))
	if len(diags) != 1 || diags[0].Subject.Start.Line != 3 || diags[0].Subject.Start.Column != 7 {
		t.Errorf("diagnostics %v, want one at 3,7", diags)
	}
}

// FuzzLoad checks that no text makes the loader panic, hang or read outside of its folder.
func FuzzLoad(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/*/*.py")
	for _, s := range append(seeds, "testdata/semantics.txt") {
		text, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range bytes.Split(text, []byte("---\n")) {
			f.Add(part)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, _ := NewLoader(Options{Root: "testdata"}).LoadText("testdata/bases/fuzz.py", text)
		if cfg != nil {
			Repr(Value{X: cfg.Merged})
		}
	})
}
