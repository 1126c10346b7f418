package migrate_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"ssc/compiler"
	"ssc/lang"
	"ssc/lang/migrate"
	"ssc/lang/schema"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var tables = compiler.Tables{Source: datasource.Table, Transform: transform.Table}

// options reads the first line of an archive: the flags of `ssc migrate` that matter here.
func options(t *testing.T, line string) (opt migrate.Options, ask []string) {
	opt = migrate.Options{Root: tables.Root, Kinds: tables.Kinds(), Rename: map[string]string{}, Packages: map[string]string{}, BaseRoot: "in"}
	f := flag.NewFlagSet("options", flag.ContinueOnError)
	f.BoolVar(&opt.Flat, "flat", false, "")
	f.BoolVar(&opt.Names, "rename-files", false, "")
	f.BoolVar(&opt.Partial, "allow-partial", false, "")
	f.IntVar(&opt.Processes, "processes", 0, "")
	f.Func("set", "", func(s string) error { opt.Set = append(opt.Set, s); return nil })
	f.Func("rename", "", func(s string) error { k, v, _ := strings.Cut(s, "="); opt.Rename[k] = v; return nil })
	f.Func("package", "", func(s string) error { k, v, _ := strings.Cut(s, "="); opt.Packages[k] = v; return nil })
	if err := f.Parse(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	return opt, f.Args()
}

// TestGolden converts the Python files of each archive in testdata: pipelines, reports and diagnostics are golden. What is written is in the form of `ssc fmt`, loads, and means the same
// whether it extends its bases or is flat.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			line, _, _ := strings.Cut(string(a.Comment), "\n")
			out := &txtar.Archive{Comment: a.Comment}
			in := map[string][]byte{}
			for _, f := range a.Files {
				if strings.HasPrefix(f.Name, "in/") {
					out.Files = append(out.Files, f)
					in[f.Name] = f.Data
				}
			}
			opt, ask := options(t, line)
			opt.ReadFile = func(name string) ([]byte, error) {
				if text, ok := in[name]; ok {
					return text, nil
				}
				return nil, os.ErrNotExist
			}
			out.Files = append(out.Files, convert(t, ask, opt)...)
			if *update {
				if err := os.WriteFile(file, txtar.Format(out), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(txtar.Format(a)), string(txtar.Format(out))); d != "" {
				t.Errorf("-golden +now (go test -update writes it anew):\n%s", d)
			}
		})
	}
}

func convert(t *testing.T, ask []string, opt migrate.Options) []txtar.File {
	t.Helper()
	r, diags, err := migrate.Run(ask, opt)
	if err != nil {
		t.Fatal(err)
	}
	var out []txtar.File
	texts := map[string][]byte{}
	var report bytes.Buffer
	for _, f := range r.Files {
		if f.Text != nil {
			out = append(out, txtar.File{Name: "out/" + f.Name, Data: f.Text})
			texts[f.Name] = f.Text
			if formatted := lang.Format(f.Text); !bytes.Equal(formatted, f.Text) {
				t.Errorf("%s is not in the form of ssc fmt:\n%s", f.Name, cmp.Diff(string(f.Text), string(formatted)))
			}
		}
		if f.Asked {
			if err := f.Report.Write(&report, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	out = append(out, txtar.File{Name: "report", Data: report.Bytes()})
	if len(diags) > 0 {
		var b strings.Builder
		for _, d := range diags {
			fmt.Fprintf(&b, "%s:%d,%d: %s: %s\n", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary, d.Detail)
		}
		out = append(out, txtar.File{Name: "diagnostics", Data: []byte(b.String())})
	}
	sameAsFlat(t, ask, opt, r, texts)
	return out
}

// sameAsFlat compares each pipeline that extends others with the flat one, value by value.
func sameAsFlat(t *testing.T, ask []string, opt migrate.Options, r *migrate.Result, texts map[string][]byte) {
	t.Helper()
	opt.Flat = true
	flat, _, err := migrate.Run(ask, opt)
	if err != nil {
		t.Fatal(err)
	}
	bySource := map[string]*migrate.File{}
	for _, f := range flat.Files {
		bySource[f.Source] = f
	}
	for _, f := range r.Files {
		if !f.Asked || f.Text == nil || !f.Whole || !f.Report.Done() {
			continue
		}
		one := values(t, f.Name, texts)
		other := values(t, "flat.hcl", map[string][]byte{"flat.hcl": bySource[f.Source].Text})
		if d := cmp.Diff(other, one); d != "" {
			t.Errorf("%s: the file with its bases differs from the flat one (-flat +extends):\n%s", f.Name, d)
		}
	}
}

// values loads a pipeline from texts and spells out every value.
func values(t *testing.T, name string, texts map[string][]byte) schema.Spec {
	t.Helper()
	read := func(name string) ([]byte, error) {
		if text, ok := texts[filepath.ToSlash(filepath.Clean(name))]; ok {
			return text, nil
		}
		return nil, os.ErrNotExist
	}
	p, diags := lang.Load([]string{name}, lang.Options{ReadFile: read, Root: tables.Root})
	if !diags.HasErrors() {
		diags = append(diags, schema.Decode(tables.Root(), p.Root)...)
	}
	if diags.HasErrors() {
		t.Fatalf("%s does not load: %v\n%s", name, diags, texts[name])
	}
	s := schema.Encode(p.Root)
	forgetPlaces(&s)
	return s
}

func forgetPlaces(s *schema.Spec) {
	s.At = ""
	for i := range s.Blocks {
		forgetPlaces(&s.Blocks[i])
	}
}

// TestText converts standard input.
func TestText(t *testing.T) {
	opt := migrate.Options{Root: tables.Root, Kinds: tables.Kinds()}
	r, diags := migrate.RunText("<stdin>", []byte("model = dict(\n"), opt)
	if !diags.HasErrors() || len(r.Files) != 1 || r.Files[0].Text != nil {
		t.Errorf("a broken text gives %v, %v; want a diagnostic and no pipeline", r.Files, diags)
	}
}

// FuzzConvert checks that no configuration makes the conversion panic, and that what it writes is in canonical form and loads.
func FuzzConvert(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range a.Files {
			if strings.HasPrefix(part.Name, "in/") {
				f.Add(part.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		opt := migrate.Options{Root: tables.Root, Kinds: tables.Kinds(), Partial: true, ReadFile: func(string) ([]byte, error) { return nil, os.ErrNotExist }}
		r, _ := migrate.RunText("in/x_2xb8_y.py", text, opt)
		for _, f := range r.Files {
			if err := f.Report.Write(io.Discard, true); err != nil {
				t.Fatal(err)
			}
			if f.Text == nil {
				continue
			}
			if diags := lang.Check("out.hcl", f.Text); diags.HasErrors() {
				t.Errorf("what is written does not parse: %v\n%s", diags, f.Text)
			}
			if formatted := lang.Format(f.Text); !bytes.Equal(formatted, f.Text) {
				t.Errorf("what is written is not in canonical form:\n%s", f.Text)
			}
		}
	})
}
