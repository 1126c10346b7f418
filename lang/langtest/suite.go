package langtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ssc/lang/diag"
	"ssc/lang/schema"
)

// Exec resolves the pipeline in.hcl of the folder dir with the options args ("-set", "train.epochs=2", …), working in that folder, and
// returns what is printed: every final value, or the diagnostics.
type Exec func(t *testing.T, dir string, args []string) ([]schema.Origin, []diag.Record)

// Suite runs the conformance suite of the language: every folder below root is a case with
//
//	in.hcl   the pipeline, which may extend other files of the suite
//	args     options of the command line, one word a line; may be absent
//	want     what comes out
//
// For the built binary Exec runs `ssc config -json ARGS in.hcl` in the folder: one [schema.Origin] or [diag.Record] for each line of output. A
// line of want is one of
//
//	train.epochs = 2 @ in.hcl:3,12                      this value, from there
//	train.precision = "fp32" @ default                  this value, from no file
//	! monitor.knn                                       no value at this path or inside it
//	error in.hcl:3,5-9: Unknown argument                this error (end on another line: 3,5-4,2)
//	error: Missing file                                 this error, which has no place
//	# …                                                 a comment
//
// Values that want does not name are not compared; errors are all compared.
func Suite(t *testing.T, root string, exec Exec) {
	wants, err := filepath.Glob(filepath.Join(root, "*", "want"))
	if err != nil || len(wants) == 0 {
		t.Fatalf("no cases below %s (%v)", root, err)
	}
	for _, want := range wants {
		dir := filepath.Dir(want)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			lines := lines(t, want)
			var args []string
			if _, err := os.Stat(filepath.Join(dir, "args")); err == nil {
				args = readLines(t, filepath.Join(dir, "args"))
			}
			rows, diags := exec(t, dir, args)
			compare(t, lines, rows, diags)
		})
	}
}

func lines(t *testing.T, name string) []string {
	return slices.DeleteFunc(readLines(t, name), func(l string) bool { return strings.HasPrefix(l, "#") })
}

func readLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}

var valueLine = regexp.MustCompile(`^(\S+) = (.*) @ (\S+)$`)

func compare(t *testing.T, lines []string, rows []schema.Origin, diags []diag.Record) {
	t.Helper()
	var wantErrors, gotErrors []string
	for _, d := range diags {
		gotErrors = append(gotErrors, describe(d))
	}
	for _, l := range lines {
		if strings.HasPrefix(l, "error") {
			wantErrors = append(wantErrors, l)
			continue
		}
		if path, ok := strings.CutPrefix(l, "! "); ok {
			for _, r := range rows {
				if r.Path == path || strings.HasPrefix(r.Path, path+".") || strings.HasPrefix(r.Path, path+"[") {
					t.Errorf("%s = %s @ %s, want nothing there", r.Path, r.Value, r.Origin)
				}
			}
			continue
		}
		m := valueLine.FindStringSubmatch(l)
		if m == nil {
			t.Errorf("line of want not understood: %s", l)
			continue
		}
		want := schema.Origin{Path: m[1], Value: m[2], Origin: m[3]}
		i := slices.IndexFunc(rows, func(r schema.Origin) bool { return r.Path == want.Path })
		if i < 0 {
			t.Errorf("no value %s, want %s @ %s", want.Path, want.Value, want.Origin)
		} else if rows[i] != want {
			t.Errorf("%s = %s @ %s, want %s @ %s", want.Path, rows[i].Value, rows[i].Origin, want.Value, want.Origin)
		}
	}
	slices.Sort(wantErrors)
	slices.Sort(gotErrors)
	if !slices.Equal(gotErrors, wantErrors) {
		t.Errorf("errors:\n%s\nwant:\n%s", strings.Join(gotErrors, "\n"), strings.Join(wantErrors, "\n"))
	}
}

// describe writes a diagnostic as a line of want.
func describe(d diag.Record) string {
	switch {
	case d.File == "":
		return fmt.Sprintf("%s: %s", d.Severity, d.Summary)
	case d.Line == d.EndLine:
		return fmt.Sprintf("%s %s:%d,%d-%d: %s", d.Severity, d.File, d.Line, d.Column, d.EndColumn, d.Summary)
	}
	return fmt.Sprintf("%s %s:%d,%d-%d,%d: %s", d.Severity, d.File, d.Line, d.Column, d.EndLine, d.EndColumn, d.Summary)
}
