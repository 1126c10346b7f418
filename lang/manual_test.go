package lang_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"ssc/lang"
)

const manual = "../spec/language.md"

// TestManualExamples checks that every fenced block of the manual parses and is formatted.
func TestManualExamples(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```hcl\n(.*?)^```").FindAllSubmatch(text, -1)
	if len(blocks) < 3 {
		t.Fatalf("found %d examples, want more", len(blocks))
	}
	for _, b := range blocks {
		if diags := lang.Check("language.md", b[1]); diags.HasErrors() {
			t.Errorf("example does not parse: %v\n%s", diags, b[1])
		}
		if got := string(lang.Format(b[1])); got != string(b[1]) {
			t.Errorf("example is not formatted, want:\n%s", got)
		}
	}
}

// TestManualNamesTests checks that each rule of the manual names its test, that the tests exist, and that each case of the suite is named.
func TestManualNamesTests(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	cases, _ := filepath.Glob("../spec/testdata/language/[0-9]*")
	for _, c := range cases {
		if name := filepath.Base(c); !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("no rule of the manual names the case %s", name)
		}
	}
	var tests strings.Builder
	files, _ := filepath.Glob("*_test.go")
	for _, f := range files {
		src, _ := os.ReadFile(f)
		tests.Write(src)
	}
	name := regexp.MustCompile("`(\\d{3}_\\w+|Test\\w+)`")
	for _, m := range name.FindAllStringSubmatch(string(text), -1) {
		_, err := os.Stat(filepath.Join("../spec/testdata/language", m[1], "want"))
		if err != nil && !strings.Contains(tests.String(), "func "+m[1]+"(") {
			t.Errorf("the manual names %s, which is no test", m[1])
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		if regexp.MustCompile(`^(-|\d+\.) `).MatchString(line) && !name.MatchString(line) {
			t.Errorf("rule without a test: %s", line)
		}
	}
}

// TestManualNamesFunctions checks that the table of functions is complete.
func TestManualNamesFunctions(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range lang.FunctionNames() {
		if !regexp.MustCompile("\\| .*`" + f + "[`(]").Match(text) {
			t.Errorf("the manual does not name the function %s", f)
		}
		if !hclsyntax.ValidIdentifier(f) {
			t.Errorf("%q is no name", f)
		}
	}
}
