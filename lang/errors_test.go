package lang_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/langtest"
	"ssc/lang/schema"
)

// TestErrors loads every faulty file and wants the errors that its lines announce, in bases too, and no others. A line with several errors
// separates them by |.
func TestErrors(t *testing.T) {
	t.Chdir("testdata/errors")
	names, err := filepath.Glob("*.hcl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no faulty files (%v)", err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			p, diags := lang.Load([]string{name}, lang.Options{Root: langtest.Root, Vars: vars(name)})
			diags = append(diags, schema.Decode(langtest.Root(), p.Root)...)
			checkForm(t, diags)
			var got, want []string
			for _, r := range diag.Records(diags) {
				got = append(got, fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Summary))
			}
			for _, file := range slices.Sorted(maps.Keys(p.Sources)) {
				for i, line := range strings.Split(string(p.Sources[file]), "\n") {
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
		})
	}
}

func vars(name string) []string {
	if name == "evaluation.hcl" {
		return []string{"lr=0.1"}
	}
	return nil
}

// TestOptionErrors checks the errors that the command line makes, with their places in its text.
func TestOptionErrors(t *testing.T) {
	set := func(s ...string) lang.Options { return lang.Options{Sets: s} }
	declared := files{"in.hcl": "extends = \"full.hcl\"\nvariable \"lr\" {\n  type = number\n  default = 1\n}\n", "vars": "lrr = 1\nlr = \"x\"", "block": "lr = 1\nblock {}"}
	for _, c := range []struct {
		f      files
		opt    lang.Options
		want   []string
		detail string // part of the first detail
	}{
		{nil, set("train.epoch=3"), []string{"-set:1,6-12: Unknown argument"}, `Did you mean "epochs"?`},
		{nil, set("trian.epochs=3"), []string{"-set:1,1-6: Unknown block"}, "There is no block trian here."},
		{nil, set("epochs=3"), []string{"-set:1,1-7: Unknown argument"}, "outside blocks"},
		{nil, set("optimizer=3"), []string{"-set:1,1-10: Blocks cannot be set"}, "Name one of its arguments"},
		{nil, set("dataset.view[1]=3"), []string{"-set:1,13-16: Blocks cannot be set"}, "ends at a block"},
		{nil, set("dataset.view.count=3"), []string{"-set:1,8-13: Ambiguous path"}, "view[0], view[1]"},
		{nil, set("dataset.view[2].count=3"), []string{"-set:1,13-16: Unknown block"}, "from 0 to 1"},
		{nil, set("dataset.test.view.count=3"), []string{"-set:1,8-13: Unknown block"}, `There is no block dataset "test" here. Valid names: dataset.train.`},
		{nil, set("monitor.knnn.k=3"), []string{"-set:1,1-8: Unknown block"}, "There is no block monitor here."},
		{nil, set("algorithm.byol.backbone.depth=3"), []string{"-set:1,10-15: Unknown block"}, `There is no block algorithm "byol" here. Valid names: algorithm.simclr.`},
		{nil, set("variable.x.default=3"), []string{"-set:1,1-9: Invalid path"}, "-var"},
		{nil, set("a b=3", "train..epochs=1", "=3", "novalue"), []string{
			"-set:1,1-4: Invalid path", "-set:2,1-14: Invalid path", "-set:3,1-3: Invalid override", "-set:4,1-8: Invalid override"}, ""},
		{nil, set("train.epochs=[1"), []string{"-set:1,14-15: Unterminated tuple constructor expression"}, ""},
		{nil, set("train.epochs=1", "train.epochs=local.x"), []string{"-set:2,14-21: Unknown local"}, "Valid names: crop"},
		{nil, set("train.epochs=\"a\""), []string{"-set:1,14-17: Wrong type"}, "takes an int"},
		{nil, set("train.epochs=" + strings.Repeat("(", 1000)), []string{"-set:1,214-215: Expression too deep"}, "200"},
		{nil, set(strings.Repeat("a.", 1000) + "b=1"), []string{"-set:1,1-2002: Invalid path"}, ""},
		{declared, lang.Options{Vars: []string{"lr"}}, []string{"-var:1,1-3: Invalid variable"}, "name=value"},
		{declared, lang.Options{Vars: []string{"lr=0.1", "ll=1"}}, []string{"-var:2,1-3: Unknown variable"}, `Did you mean "lr"?`},
		{declared, lang.Options{Vars: []string{"lr=fast"}}, []string{"-var:1,4-8: Wrong type"}, "takes a number"},
		{declared, lang.Options{Vars: []string{"lr=1 +"}}, []string{"-var:1,7-7: Missing expression"}, ""},
		{declared, lang.Options{Vars: []string{"lr=local.crop"}}, []string{"-var:1,4-14: Not a constant"}, ""},
		{declared, lang.Options{VarFiles: []string{"vars"}}, []string{"vars:1,1-4: Unknown variable", "vars:2,6-9: Wrong type"}, ""},
		{declared, lang.Options{VarFiles: []string{"block"}}, []string{"block:2,1-6: Unexpected block"}, "name = value"},
		{declared, lang.Options{VarFiles: []string{"nosuch"}}, []string{":0,0-0: Unreadable file"}, "nosuch"},
	} {
		p, diags := load(c.f, c.opt)
		checkForm(t, diags)
		var got []string
		for _, r := range diag.Records(diags) {
			got = append(got, fmt.Sprintf("%s:%d,%d-%d: %s", r.File, r.Line, r.Column, r.EndColumn, r.Summary))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Load(%v) (-want +got):\n%s", c.opt.Sets, diff)
			continue
		}
		if d := diag.Sort(diags)[0].Detail; !strings.Contains(d, c.detail) {
			t.Errorf("Load(%v%v) says %q, want %q in it", c.opt.Sets, c.opt.Vars, d, c.detail)
		}
		if p.Sources == nil {
			t.Errorf("Load(%v) has no sources", c.opt)
		}
	}
}

// TestNoFile checks what Load says without a readable file.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.hcl"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, c := range []struct {
		files []string
		want  string
	}{
		{nil, "Missing file; No pipeline file was named. Name one, or - for standard input."},
		{[]string{"x.hcl"}, "Unreadable file; The file x.hcl cannot be read: no such file or directory. Check its name."},
		{[]string{"folder.hcl"}, "Unreadable file; The file folder.hcl cannot be read: is a directory. Check its name."},
		{[]string{"-"}, "Unreadable file; The file <stdin> cannot be read: there is no standard input. Check its name."},
	} {
		p, diags := lang.Load(c.files, lang.Options{})
		if len(diags) != 1 || !strings.HasSuffix(diags[0].Error(), c.want) || p.Root != nil {
			t.Errorf("Load(%v) = %v, want %s", c.files, diags, c.want)
		}
	}
}
