package diag_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/diag"
)

const source = "train {\n\tepochs = \"größer\" # x\n}\nlist = [1,\n  2]\n"

// rng is a range of the source on one line, by bytes of the line; columns are given apart.
func rng(line, col, endLine, endCol, start, end int) hcl.Range {
	return hcl.Range{Filename: "in.hcl", Start: hcl.Pos{Line: line, Column: col, Byte: start}, End: hcl.Pos{Line: endLine, Column: endCol, Byte: end}}
}

func TestWrite(t *testing.T) {
	text := rng(2, 11, 2, 19, 18, 28)
	list := rng(4, 8, 5, 5, 42, 50)
	for _, c := range []struct {
		name string
		d    *hcl.Diagnostic
		opt  diag.Options
		want string
	}{
		{"marker under a tab and wide letters", diag.Errorf(text, text, "Wrong type", "Takes a number."), diag.Options{},
			"in.hcl:2,11: Wrong type\n    2 | \tepochs = \"größer\" # x\n      | \t         ^^^^^^^^\n  Takes a number.\n"},
		{"first line of a long subject", diag.Errorf(list, list, "Wrong type", "Takes a number."), diag.Options{},
			"in.hcl:4,8: Wrong type\n    4 | list = [1,\n      |        ^^^\n  Takes a number.\n"},
		{"wrapped, commands not", diag.Errorf(text, text, "Missing variable", "The variable has no value. Give it one:\n\n    ssc run -var 'epochs=VALUE' in.hcl\n\nor a default."), diag.Options{Width: 24},
			"in.hcl:2,11: Missing variable\n    2 | \tepochs = \"größer\" # x\n      | \t         ^^^^^^^^\n  The variable has no\n  value. Give it one:\n\n      ssc run -var 'epochs=VALUE' in.hcl\n\n  or a default.\n"},
		{"warning in colour", &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Slow", Detail: "It is slow."}, diag.Options{Color: true},
			"\x1b[1;33mWarning: Slow\x1b[0m\n  It is slow.\n"},
		{"file that is not there", diag.Errorf(hcl.Range{Filename: "other.hcl", Start: hcl.Pos{Line: 3, Column: 4}}, text, "Wrong type", "No."), diag.Options{},
			"other.hcl:3,4: Wrong type\n  No.\n"},
		{"beyond the text", diag.Errorf(rng(9, 1, 9, 2, 900, 901), text, "Wrong type", "No."), diag.Options{}, "in.hcl:9,1: Wrong type\n  No.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w strings.Builder
			if err := diag.Write(&w, map[string][]byte{"in.hcl": []byte(source)}, hcl.Diagnostics{c.d}, c.opt); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, w.String()); diff != "" {
				t.Errorf("Write (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteValues(t *testing.T) {
	expr, _ := hclsyntax.ParseExpression([]byte(`var.a + var.b.c + length(var.list) + var.nosuch`), "in.hcl", hcl.InitialPos)
	d := diag.Errorf(expr.Range(), expr.Range(), "Wrong type", "No.")
	d.Expression = expr
	d.EvalContext = &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
		"a": cty.NumberFloatVal(0.5), "b": cty.ObjectVal(map[string]cty.Value{"c": cty.StringVal("x")}),
		"list": cty.TupleVal([]cty.Value{cty.True, cty.False}), "unknown": cty.DynamicVal})}}
	var w strings.Builder
	_ = diag.Write(&w, nil, hcl.Diagnostics{d}, diag.Options{})
	want := "in.hcl:1,1: Wrong type\n  No.\n  with var.a = 0.5\n       var.b.c = \"x\"\n       var.list = a list of 2\n"
	if diff := cmp.Diff(want, w.String()); diff != "" {
		t.Errorf("Write (-want +got):\n%s", diff)
	}
}

// TestWriteHostile prints a line with control characters, and one that is far too long.
func TestWriteHostile(t *testing.T) {
	long := strings.Repeat("a", 5000) + "\x1b[2J" + strings.Repeat("b", 5000)
	r := hcl.Range{Filename: "in.hcl", Start: hcl.Pos{Line: 1, Column: 5001, Byte: 5000}, End: hcl.Pos{Line: 1, Column: 5005, Byte: 5004}}
	var w strings.Builder
	_ = diag.Write(&w, map[string][]byte{"in.hcl": []byte(long)}, hcl.Diagnostics{diag.Errorf(r, r, "Wrong type", "No.")}, diag.Options{})
	if strings.Contains(w.String(), "\x1b") {
		t.Errorf("Write let a control character pass: %q", w.String())
	}
	lines := strings.Split(w.String(), "\n")
	if len(lines[1]) > 200 || strings.Index(lines[2], "^") != len([]rune(lines[1][:strings.Index(lines[1], "\uFFFD")])) {
		t.Errorf("Write = %q, want short lines with the marker under the subject", w.String())
	}
}

func TestSort(t *testing.T) {
	at := func(file string, line, col int) *hcl.Diagnostic {
		r := hcl.Range{Filename: file, Start: hcl.Pos{Line: line, Column: col}}
		return diag.Errorf(r, r, "Wrong type", "No.")
	}
	none := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Missing file", Detail: "No."}
	in := hcl.Diagnostics{at("b", 1, 1), at("a", 10, 1), at("a", 2, 5), none, at("a", 2, 3), at("a", 2, 5)}
	got := diag.Sort(in)
	want := hcl.Diagnostics{none, at("a", 2, 3), at("a", 2, 5), at("a", 10, 1), at("b", 1, 1)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sort (-want +got):\n%s", diff)
	}
	if in[0].Subject.Filename != "b" {
		t.Error("Sort changed its argument")
	}
}

func TestPath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	dir, _ = os.Getwd()
	for in, want := range map[string]string{
		filepath.Join(dir, "a", "b.hcl"): "a/b.hcl",
		"c/d.hcl":                        "c/d.hcl",
		"-set":                           "-set",
		"/x.hcl":                         "/x.hcl",
	} {
		if got := diag.Path(in); got != want {
			t.Errorf("Path(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestMachineFormats(t *testing.T) {
	r := rng(2, 11, 2, 19, 18, 28)
	r.Filename = "a,b.hcl"
	diags := hcl.Diagnostics{
		diag.Errorf(r, r, "Wrong type", "Takes 100%% a <number>.\nWrite one."),
		{Severity: hcl.DiagWarning, Summary: "Slow", Detail: "It is slow."},
	}
	var w strings.Builder
	_ = diag.JSON(&w, diags)
	want := `{"severity":"warning","summary":"Slow","detail":"It is slow."}
{"severity":"error","summary":"Wrong type","detail":"Takes 100% a <number>.\nWrite one.","file":"a,b.hcl","line":2,"column":11,"end_line":2,"end_column":19}
`
	if diff := cmp.Diff(want, w.String()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	w.Reset()
	_ = diag.GitHub(&w, diags)
	want = "::warning title=Slow::It is slow.\n::error file=a%2Cb.hcl,line=2,endLine=2,col=11,endColumn=19,title=Wrong type::Takes 100%25 a <number>.%0AWrite one.\n"
	if diff := cmp.Diff(want, w.String()); diff != "" {
		t.Errorf("GitHub (-want +got):\n%s", diff)
	}
	w.Reset()
	_ = diag.JUnit(&w, diags)
	var report struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure string `xml:"failure"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal([]byte(w.String()), &report); err != nil {
		t.Fatal(err)
	}
	if report.Tests != 2 || report.Failures != 1 || report.Cases[1].Name != "a,b.hcl:2,11: Wrong type" || report.Cases[1].Failure != "Takes 100% a <number>.\nWrite one." {
		t.Errorf("JUnit = %+v, want a warning and the error", report)
	}
	w.Reset()
	_ = diag.JUnit(&w, nil)
	if !strings.Contains(w.String(), `tests="1" failures="0"`) {
		t.Errorf("JUnit of nothing = %s, want one passed case", w.String())
	}
}
