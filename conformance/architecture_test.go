package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Groups of packages that rules name together.
var (
	// base is what every component builds with.
	base = []string{"lang/schema", "compiler/ir", "compiler/op", "compiler/fn", "compiler/nn", "compiler/plan"}
	// product is everything but commands and programs.
	product = []string{"lang", "lang/*", "compiler", "compiler/*", "runtime/*", "setup/cache"}
)

// directions says what each package of the module may import of the module: the arrows of the architecture. A pattern ends in /* for everything
// below a folder; the first row that fits a package holds. What a row does not name is forbidden, and a package without a row is an
// error: decide where it belongs.
var directions = []struct {
	pkg string
	may []string
}{
	{"lang/langtest", []string{"lang", "lang/*"}}, // for tests
	{"lang/schema", []string{"lang/diag"}},
	{"lang/diag", nil},
	{"lang", []string{"lang/*"}},
	{"lang/*", []string{"lang", "lang/*"}},

	{"compiler/ir", nil},
	{"compiler/op", []string{"compiler/ir"}},
	{"compiler/op/optest", []string{"compiler/ir", "compiler/op", "compiler/autodiff"}}, // for tests
	{"compiler/fn", []string{"compiler/ir", "compiler/op"}},
	{"compiler/autodiff", []string{"compiler/ir"}},
	{"compiler/plan", []string{"lang/schema"}},
	{"compiler/onnx", []string{"compiler/ir"}},
	{"compiler/cuda", []string{"compiler/ir", "kernels/cuda"}},
	{"compiler/pass", []string{"compiler/ir", "compiler/op", "compiler/fn"}},
	{"compiler/tensorrt", []string{"compiler/ir", "compiler/op", "compiler/fn", "compiler/onnx", "compiler/pass"}},
	{"compiler/nn", append([]string{"compiler/autodiff"}, base...)},
	{"compiler/backbone", base},
	{"compiler/neck", base},
	{"compiler/memory", base},
	{"compiler/optimizer", base},
	{"compiler/schedule", base},
	{"compiler/probe", base},
	{"compiler/head", append([]string{"compiler/neck"}, base...)},
	{"compiler/algorithm", append([]string{"compiler/backbone", "compiler/neck", "compiler/head", "compiler/memory"}, base...)},
	{"compiler/comptest", []string{"lang", "lang/schema", "compiler/*"}}, // for tests
	{"compiler", []string{"lang/schema", "compiler/*"}},

	{"runtime/transform", []string{"lang/schema", "compiler/plan"}},
	{"runtime/jpeg", []string{"setup/cache"}},
	{"runtime/datasource", []string{"lang/schema", "compiler/plan", "runtime/transform", "runtime/jpeg"}},
	{"runtime/*", []string{"compiler/plan", "runtime/*", "kernels/cuda", "setup/cache"}},

	{"kernels/cuda", nil},
	{"kernels/cuda/host", []string{"kernels/cuda"}}, // for tests

	{"setup/cache", nil},
	{"setup", []string{"setup/cache"}},
	{"cmd/ssc", []string{"."}},
	{".", []string{"cmd"}},
	{"examples", nil},
	{"cmd", append([]string{"examples"}, product...)},
	{"bench", product},
	{"results", product},
	{"conformance/*", append([]string{".", "cmd"}, product...)}, // programs that tests run
	{"conformance", nil},                                        // tests alone
}

// cgoFolders are the folders that may hold C. The JPEG decoder is a folder of its own, so that data sources stay Go.
var cgoFolders = []string{"runtime/ort", "runtime/jpeg", "runtime/tensorrt", "runtime/nvrtc", "runtime/dist", "runtime/transform", "kernels", "lang/migrate"}

// componentFolders are the folders with a file for each component, which may be many.
var componentFolders = []string{"compiler/op", "compiler/fn", "compiler/algorithm", "compiler/backbone", "compiler/neck", "compiler/head",
	"compiler/loss", "compiler/memory", "compiler/optimizer", "compiler/schedule", "compiler/probe", "runtime/transform",
	"runtime/datasource", "cmd"}

// Bounds of size, tests and component folders exempt.
const (
	fileLines, functionLines = 400, 60
	packageFiles             = 20
)

// file is a source file that is no test.
type file struct {
	name  string // with slashes, from the root of the module
	pkg   string // its folder
	lines int
	set   *token.FileSet
	*ast.File
}

func sources(t *testing.T) []*file {
	t.Helper()
	var out []*file
	t.Chdir("..")
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f := &file{name: filepath.ToSlash(name), set: token.NewFileSet()}
		f.pkg = path.Dir(f.name)
		if f.File, err = parser.ParseFile(f.set, name, nil, parser.SkipObjectResolution); err != nil {
			return err
		}
		f.lines = f.set.File(f.Package).LineCount()
		out = append(out, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 100 {
		t.Fatalf("%d source files found: the test does not stand in the root of the module", len(out))
	}
	return out
}

// fits reports whether a package is what a pattern means.
func fits(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(pkg, below+"/")
	}
	return pattern == pkg
}

func anyFits(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, pkg) })
}

// imports calls visit with the path and the name of each import.
func (f *file) imports(visit func(path, name string)) {
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value) // the parser has read it
		name := ""
		if i.Name != nil {
			name = i.Name.Name
		}
		visit(p, name)
	}
}

func TestDirections(t *testing.T) {
	used := map[string]bool{}
	for _, f := range sources(t) {
		i := slices.IndexFunc(directions, func(d struct {
			pkg string
			may []string
		}) bool {
			return fits(d.pkg, f.pkg)
		})
		if i < 0 {
			t.Errorf("%s: the package %s has no row in directions: say what it may import", f.name, f.pkg)
			continue
		}
		used[directions[i].pkg] = true
		f.imports(func(p, name string) {
			own := p == "ssc" || strings.HasPrefix(p, "ssc/")
			to := strings.TrimPrefix(strings.TrimPrefix(p, "ssc"), "/")
			if to == "" {
				to = "."
			}
			switch {
			case own && !anyFits(directions[i].may, to):
				t.Errorf("%s imports %s; a package of %s may import %v", f.name, to, f.pkg, directions[i].may)
			case p == "C" && !anyFits(cgoFolders, f.pkg):
				t.Errorf("%s uses cgo; only %v may", f.name, cgoFolders)
			case name == "_" && p != "embed": // go:embed asks for that one
				t.Errorf("%s imports %s for its effects; call what you need", f.name, p)
			}
		})
	}
	for _, d := range directions {
		if !used[d.pkg] && d.pkg != "conformance" && d.pkg != "lang/*" && d.pkg != "conformance/*" {
			t.Errorf("directions has a row for %s, where no file is", d.pkg)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s:%d: a function init; do its work where it is needed", f.name, f.line(fn.Pos()))
			}
		}
	}
}

func (f *file) line(p token.Pos) int { return f.set.Position(p).Line }

func TestSizes(t *testing.T) {
	files := map[string]int{}
	for _, f := range sources(t) {
		files[f.pkg]++
		if f.lines > fileLines {
			t.Errorf("%s has %d lines, at most %d: part it", f.name, f.lines, fileLines)
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			fn, ok := n.(*ast.FuncDecl)
			if !ok {
				return true
			}
			if lines := f.line(fn.End()) - f.line(fn.Pos()) + 1; lines > functionLines {
				t.Errorf("%s:%d: the function %s has %d lines, at most %d: part it", f.name, f.line(fn.Pos()), fn.Name.Name, lines, functionLines)
			}
			return true
		})
	}
	for pkg, n := range files {
		if n > packageFiles && !slices.Contains(componentFolders, pkg) {
			t.Errorf("the package %s has %d files, at most %d: part it", pkg, n, packageFiles)
		}
	}
}

// TestFits checks the rule itself.
func TestFits(t *testing.T) {
	for _, c := range []struct {
		pattern, pkg string
		want         bool
	}{
		{"lang", "lang", true}, {"lang", "lang/diag", false}, {"lang/*", "lang/diag", true}, {"lang/*", "lang", false},
		{"lang/*", "language/x", false}, {".", ".", true}, {"runtime/*", "runtime/checkpoint/atomic", true},
	} {
		if got := fits(c.pattern, c.pkg); got != c.want {
			t.Errorf("fits(%q, %q) = %t, want %t", c.pattern, c.pkg, got, c.want)
		}
	}
	if got, want := fmt.Sprint(anyFits(product, "cmd"), anyFits(product, "runtime/ort")), "false true"; got != want {
		t.Errorf("product has cmd and runtime/ort: %s, want %s", got, want)
	}
}
