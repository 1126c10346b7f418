package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ssc/compiler"
	"ssc/compiler/comptest"
	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/langtest"
	"ssc/lang/schema"
)

// TestLanguageSuite runs the conformance suite of the language against the command.
func TestLanguageSuite(t *testing.T) {
	langtest.Suite(t, "../spec/testdata/language", func(t *testing.T, dir string, args []string) ([]schema.Origin, []diag.Record) {
		cmd := exec.Command("ssc", append(append([]string{"config", "-json"}, args...), "in.hcl")...)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		var values []schema.Origin
		var diags []diag.Record
		for line := range bytes.Lines(out) {
			var m struct {
				Type string
				schema.Origin
			}
			var d diag.Record
			if err := json.Unmarshal(line, &m); err != nil {
				t.Fatal(err)
			}
			switch m.Type {
			case "value":
				values = append(values, m.Origin)
			case "diagnostic":
				if err := json.Unmarshal(line, &d); err != nil {
					t.Fatal(err)
				}
				diags = append(diags, d)
			}
		}
		if failed := len(diags) > 0; failed != (err != nil) || stderr.Len() > 0 {
			t.Errorf("ssc config ended with %v, %d diagnostics and on standard error %q", err, len(diags), &stderr)
		}
		return values, diags
	})
}

// compileText compiles a pipeline file and returns its diagnostics as text.
func compileText(t *testing.T, name string, opt lang.Options) string {
	t.Helper()
	opt.Root = tables.Root
	p, diags := lang.Load([]string{name}, opt)
	if p.Root != nil {
		_, more := compiler.Compile(p.Root, tables, compiler.Options{Version: Version, Name: p.Name})
		diags = append(diags, more...)
	}
	if !diags.HasErrors() {
		return ""
	}
	var b strings.Builder
	_ = diag.Write(&b, p.Sources, diags, diag.Options{})
	return b.String()
}

// TestExamples compiles every example, and finds it in canonical form.
func TestExamples(t *testing.T) {
	files, err := hclFiles([]string{"../examples"})
	if err != nil || len(files) == 0 {
		t.Fatalf("hclFiles(examples) = %v, %v, want some", files, err)
	}
	for _, f := range files {
		t.Run(strings.TrimPrefix(filepath.ToSlash(f), "../examples/"), func(t *testing.T) {
			if !strings.Contains(f, "_base_") {
				if text := compileText(t, f, lang.Options{}); text != "" {
					t.Errorf("the example is not valid:\n%s", text)
				}
			}
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(src, lang.Format(src)) {
				t.Errorf("the example is not in canonical form: run ssc fmt %s", f)
			}
		})
	}
}

var fenced = regexp.MustCompile("(?ms)^```hcl\n(.*?)^```")

// TestManualBlocks compiles the fenced hcl blocks of the manual and the README that are whole pipelines, and parses the others, which are excerpts. A whole pipeline has an algorithm with
// a head and extends nothing.
func TestManualBlocks(t *testing.T) {
	pages, err := filepath.Glob("../spec/*.md")
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`(?m)^algorithm "`)
	compiled := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fenced.FindAllSubmatchIndex(text, -1) {
			src := text[m[2]:m[3]]
			line := 1 + bytes.Count(text[:m[2]], []byte("\n"))
			if diags := lang.Check(page, src); diags.HasErrors() {
				t.Errorf("%s:%d: the block does not parse: %v", page, line, diags)
				continue
			}
			if !whole.Match(src) || bytes.Contains(src, []byte("extends")) || !bytes.Contains(src, []byte("head ")) {
				continue
			}
			compiled++
			read := func(string) ([]byte, error) { return src, nil }
			if text := compileText(t, "block.hcl", lang.Options{ReadFile: read}); text != "" {
				t.Errorf("%s:%d: the block is not valid:\n%s", page, line, text)
			}
		}
	}
	if compiled == 0 {
		t.Error("no block was compiled, want at least one whole pipeline in the manual")
	}
}

// TestComponentsAreDocumented names what a component of any kind does not say of itself.
func TestComponentsAreDocumented(t *testing.T) {
	for _, k := range tables.Kinds() {
		for _, name := range k.Names() {
			if err := comptest.Declared(k, name); err != nil {
				t.Error(err)
			}
		}
	}
	for _, c := range schema.Of(tables.Root()).Children {
		if c.Doc == "" {
			t.Errorf("the block %s has no text", c.Type)
		}
	}
}

// TestManualIsPrinted checks that pages are the same each time, name every component, and that -check finds each kind of difference.
func TestManualIsPrinted(t *testing.T) {
	pages := func() map[string][]byte {
		p, err := manual(newApp(Streams{}))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first, second := pages(), pages()
	for name, text := range first {
		if !bytes.Equal(text, second[name]) {
			t.Errorf("%s is printed differently the second time", name)
		}
	}
	for _, k := range tables.Kinds() {
		for _, name := range k.Names() {
			if !bytes.HasPrefix(first[k.Name()+"/"+name+".md"], []byte("# "+k.Name()+" "+name+"\n")) {
				t.Errorf("%s/%s.md does not describe it", k.Name(), name)
			}
			if link := k.Name() + "/" + name + ".md"; !bytes.Contains(first[k.Name()+".md"], []byte("("+link+")")) {
				t.Errorf("%s.md does not lead to %s", k.Name(), link)
			}
		}
	}
	for _, c := range commands() {
		if !bytes.Contains(first["commands.md"], []byte("\n## "+c.Name+"\n")) {
			t.Errorf("commands.md does not describe %s", c.Name)
		}
	}
	dir := t.TempDir()
	if code, _, _ := run1(t, "docs", "-out", dir); code != ExitOK {
		t.Fatalf("ssc docs = %d, want %d", code, ExitOK)
	}
	if code, _, stderr := run1(t, "docs", "-check", "-out", dir); code != ExitOK {
		t.Errorf("ssc docs -check after ssc docs = %d: %s, want %d", code, stderr, ExitOK)
	}
	for name, change := range map[string]func(path string) error{
		"head.md":  os.Remove,
		"neck.md":  func(p string) error { return os.WriteFile(p, []byte("# neck\n"), 0o666) },
		"other.md": func(p string) error { return os.WriteFile(p, []byte("# other\n"), 0o666) },
	} {
		if err := change(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := run1(t, "docs", "-check", "-out", dir)
	if want := "head.md, neck.md, other.md"; code != ExitDiag || !strings.Contains(stderr, want) {
		t.Errorf("ssc docs -check = %d: %s, want %d and the names %s", code, stderr, ExitDiag, want)
	}
}

// run1 runs one command line in this process.
func run1(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, talk bytes.Buffer
	code = Main(append([]string{"ssc"}, args...), Streams{In: strings.NewReader(""), Out: &out, Err: &talk})
	return code, out.String(), talk.String()
}

// TestExitCodeTable checks that each code of the manual's table has its line in the script that tests them.
func TestExitCodeTable(t *testing.T) {
	script, err := os.ReadFile("testdata/script/exit_codes.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exitCodes {
		if e.code != ExitBug && !regexp.MustCompile(`(?m)^(code|interrupt) `+strconv.Itoa(e.code)+` `).Match(script) {
			t.Errorf("no line of the script expects exit code %d", e.code)
		}
	}
}
