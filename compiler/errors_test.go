package compiler_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler"
	"ssc/lang"
	"ssc/lang/diag"
)

// TestErrors compiles every faulty file and wants the errors that its lines announce, and no others. A line with several errors
// separates them by |.
func TestErrors(t *testing.T) {
	t.Chdir("testdata/errors")
	names, err := filepath.Glob("*.hcl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no faulty files (%v)", err)
	}
	for _, name := range append(names, "base/base.hcl") {
		t.Run(name, func(t *testing.T) {
			p, diags := lang.Load([]string{name}, lang.Options{Root: tables.Root})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			r, diags := compiler.Compile(p.Root, tables, compiler.Options{})
			if (r == nil) != diags.HasErrors() {
				t.Errorf("Compile gives a result = %t and errors = %t", r != nil, diags.HasErrors())
			}
			var got, want []string
			for _, r := range diag.Records(diags) {
				got = append(got, fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Summary))
			}
			for file, src := range p.Sources {
				for i, line := range strings.Split(string(src), "\n") {
					if _, text, ok := strings.Cut(line, "# ERROR: "); ok {
						for _, summary := range strings.Split(text, " | ") {
							want = append(want, fmt.Sprintf("%s:%d: %s", file, i+1, summary))
						}
					}
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				var text strings.Builder
				_ = diag.Write(&text, p.Sources, diags, diag.Options{})
				t.Errorf("errors (-want +got):\n%s\n%s", diff, text.String())
			}
			for _, d := range diags {
				if strings.TrimRight(d.Detail, ".?") != d.Detail[:len(d.Detail)-1] {
					t.Errorf("the detail is no whole sentence: %q", d.Detail)
				}
			}
		})
	}
}
