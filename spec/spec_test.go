// Package spec_test keeps the documents true: what they show is run, what they name is there, what they list is compared with the code.
package spec_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ssc/cmd"
	"ssc/lang"
)

// documents are those that this package keeps, by their path from here; other pages have tests of their own.
var documents = []string{"../README.md", "adding.md", "architecture.md", "glossary.md", "plan.md", "rationale.md", "tensorrt.md"}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fence is a fenced block: ```language name.
type fence struct{ name, text string }

var fences = regexp.MustCompile("(?ms)^```(\\w+) ?([^\n]*)\n(.*?)^```$")

// fenced lists the blocks of a language.
func fenced(doc, language string) []fence {
	var out []fence
	for _, m := range fences.FindAllStringSubmatch(doc, -1) {
		if m[1] == language {
			out = append(out, fence{m[2], m[3]})
		}
	}
	return out
}

// prose is a document without its fenced blocks.
func prose(doc string) string { return fences.ReplaceAllString(doc, "") }

// ssc runs a command line in this process.
func ssc(args ...string) (code int, out, talk string) {
	var o, e bytes.Buffer
	code = cmd.Main(append([]string{"ssc"}, args...), cmd.Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

// TestPipelines: a block marked hcl is a valid pipeline; one marked "hcl fragment" or with a file name is well formed. All are formatted.
func TestPipelines(t *testing.T) {
	seen := 0
	for _, name := range documents {
		for i, f := range fenced(read(t, name), "hcl") {
			seen++
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(name), i), func(t *testing.T) {
				if diags := lang.Check(name, []byte(f.text)); diags.HasErrors() {
					t.Fatalf("%v in\n%s", diags, f.text)
				}
				if got := string(lang.Format([]byte(f.text))); got != f.text {
					t.Errorf("the block is not formatted, want\n%s", got)
				}
				if f.name != "" {
					return
				}
				if code, talk := validate(t, f.text); code != cmd.ExitOK {
					t.Errorf("validate exits with %d:\n%s", code, talk)
				}
			})
		}
	}
	if seen < 4 {
		t.Errorf("found %d blocks, want more", seen)
	}
}

func validate(t *testing.T, text string) (code int, talk string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("photos.hcl", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, talk = ssc("validate", "photos.hcl")
	return code, talk
}

// TestMistake: the message that the README shows is the one that its mistake gives.
func TestMistake(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	doc := read(t, "../README.md")
	code, talk := validate(t, strings.Replace(fenced(doc, "hcl")[0].text, "temperature", "temprature", 1))
	if code != cmd.ExitDiag {
		t.Errorf("validate exits with %d, want %d", code, cmd.ExitDiag)
	}
	shown := "    " + strings.ReplaceAll(strings.TrimSpace(talk), "\n", "\n    ")
	if !strings.Contains(doc, shown) {
		t.Errorf("README.md does not show the message as it is:\n%s", shown)
	}
}

// TestGraphs: each line of a block marked ir stands in the example's graph, as built or optimised.
func TestGraphs(t *testing.T) {
	t.Chdir("..")
	const example = "examples/selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"
	doc := read(t, "spec/architecture.md")
	if !strings.Contains(doc, example) {
		t.Errorf("architecture.md does not follow %s", example)
	}
	blocks := fenced(doc, "ir")
	if len(blocks) == 0 {
		t.Error("architecture.md shows no graph")
	}
	for _, stage := range []string{"built", "optimised"} {
		code, graph, talk := ssc("graph", "-format", "ir", "-depth", "0", "-stage", stage, example)
		if code != cmd.ExitOK {
			t.Fatalf("graph -stage %s exits with %d: %s", stage, code, talk)
		}
		for _, b := range blocks {
			for _, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
				if b.name == stage && !strings.Contains(graph, "\n  "+line) {
					t.Errorf("the graph, %s, has no line\n%s", stage, line)
				}
			}
		}
	}
}

var (
	link     = regexp.MustCompile(`\[([^\]\n]*)\]\(([^)\s]+)\)`)
	function = regexp.MustCompile(`^([\w./]+\.go): (\w+)$`)
	path     = regexp.MustCompile("`([\\w.-]+(?:/[\\w.-]+)+/?|Makefile|ssc\\.go|go\\.mod)`")
)

// TestLinks: links lead to files, and [file.go: name](…) to a file that defines the name.
func TestLinks(t *testing.T) {
	functions := 0
	for _, name := range documents {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, name)), -1) {
			target := filepath.Join(filepath.Dir(name), m[2])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[0])
				continue
			}
			f := function.FindStringSubmatch(m[1])
			if f == nil {
				continue
			}
			functions++
			if want := filepath.Join("..", f[1]); target != want {
				t.Errorf("%s: the link %s leads to %s, want %s", name, m[0], target, want)
			} else if !defines(t, target, f[2]) {
				t.Errorf("%s: %s defines no %s", name, f[1], f[2])
			}
		}
	}
	if functions < 30 {
		t.Errorf("found %d links to functions, want more", functions)
	}
}

// defines reports whether a Go file has a function, method or type of that name.
func defines(t *testing.T, file, name string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		switch d := d.(type) {
		case *ast.FuncDecl:
			return d.Name.Name == name
		case *ast.GenDecl:
			return slices.ContainsFunc(d.Specs, func(s ast.Spec) bool { ts, ok := s.(*ast.TypeSpec); return ok && ts.Name.Name == name })
		}
		return false
	})
}

// elsewhere are paths in the text that are not in the source tree: in a run folder, or made by the reader.
var elsewhere = regexp.MustCompile(`^(runs/|bin/|checkpoints/|compiler/head/.*dcl|examples/.*-dcl_fmnist|github\.com/|golang\.org/|gonum\.org/|google\.golang\.org/|gorgonia\.org/|go\.yaml\.in/|spec/reference/)`)

// TestPaths: files and folders that the text names are there.
func TestPaths(t *testing.T) {
	seen := 0
	for _, name := range documents {
		for _, m := range path.FindAllStringSubmatch(prose(read(t, name)), -1) {
			if elsewhere.MatchString(m[1]) {
				continue
			}
			seen++
			if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d paths, want more", seen)
	}
}

// TestCommands: the README lists every command, and the targets that the documents name are the Makefile's.
func TestCommands(t *testing.T) {
	doc := read(t, "../README.md")
	_, help, _ := ssc("help")
	_, list, _ := strings.Cut(help, "COMMANDS:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, line := range strings.Split(list, "\n") {
		name := strings.Trim(strings.Fields(line)[0], ",")
		if name != "help" && !strings.Contains(doc, "| `ssc "+name+"` |") {
			t.Errorf("README.md does not list the command %s", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `ssc (\\w+)` \\|").FindAllStringSubmatch(doc, -1) {
		if code, _, _ := ssc("help", m[1]); code != cmd.ExitOK {
			t.Errorf("README.md lists the command %s, which is not there", m[1])
		}
	}
	makefile := read(t, "../Makefile")
	for _, name := range documents {
		for _, m := range regexp.MustCompile("`make (\\w+)|(?m)^    make (\\w+)").FindAllStringSubmatch(read(t, name), -1) {
			if target := m[1] + m[2]; !regexp.MustCompile("(?m)^" + target + ":").MatchString(makefile) {
				t.Errorf("%s: there is no make %s", name, target)
			}
		}
	}
}

// TestGlossary: terms are sorted and unique, definitions are sentences, and words that are not used are not used.
func TestGlossary(t *testing.T) {
	doc := read(t, "glossary.md")
	var terms []string
	for _, line := range strings.Split(doc, "\n") {
		if !strings.HasPrefix(line, "- ") {
			continue
		}
		m := regexp.MustCompile(`^- \*\*([^*]+)\*\*: [^ ].*\.$`).FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not of the form - **term**: definition. %s", line)
			continue
		}
		terms = append(terms, strings.ToLower(m[1]))
	}
	if !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
		sorted := slices.Compact(slices.Sorted(slices.Values(terms)))
		t.Errorf("terms are not sorted or not unique, want %v", sorted)
	}
	_, table, _ := strings.Cut(doc, "| not | but |\n|---|---|\n")
	for _, row := range strings.Split(strings.TrimSpace(table), "\n") {
		cells := strings.Split(row, "|")
		not, but := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		if !slices.Contains(terms, but) {
			t.Errorf("%s, to be used for %s, is no term", but, not)
		}
		for _, name := range documents {
			text := prose(read(t, name))
			if name == "glossary.md" {
				text, _, _ = strings.Cut(text, "## Words")
			}
			if regexp.MustCompile(`(?i)\b` + not + `\b`).MatchString(text) {
				t.Errorf("%s says %s, want %s", name, not, but)
			}
		}
	}
}
