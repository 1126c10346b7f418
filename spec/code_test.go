package spec_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// parsed are the files of a package that are no tests.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// specs calls visit with every declaration of the kind on the level of the package.
func specs(files []*ast.File, kind token.Token, visit func(ast.Spec)) {
	for _, f := range files {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == kind {
				for _, s := range g.Specs {
					visit(s)
				}
			}
		}
	}
}

// jsonFields are the names in JSON of the fields of each struct of a package that has any.
func jsonFields(t *testing.T, dir string) map[string][]string {
	out := map[string][]string{}
	specs(parsed(t, dir), token.TYPE, func(s ast.Spec) {
		ts := s.(*ast.TypeSpec)
		st, ok := ts.Type.(*ast.StructType)
		if !ok {
			return
		}
		for _, f := range st.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag, _ := strconv.Unquote(f.Tag.Value) // the parser has read it
			if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ","); name != "" {
				out[ts.Name.Name] = append(out[ts.Name.Name], name)
			}
		}
	})
	return out
}

// TestPlanFields: each table of plan.md has the fields of the struct in its heading, in order, and no struct of a plan is missing.
func TestPlanFields(t *testing.T) {
	folders := map[string]string{"plan": "../compiler/plan", "checkpoint": "../runtime/checkpoint", "train": "../runtime/train", "report": "../runtime/report"}
	code := map[string]map[string][]string{}
	for pkg, dir := range folders {
		code[pkg] = jsonFields(t, dir)
	}
	doc := read(t, "plan.md")
	described := map[string]bool{}
	sections := regexp.MustCompile("(?m)^### .*\\(`(\\w+)\\.(\\w+)`\\)$").FindAllStringSubmatchIndex(doc, -1)
	for _, at := range sections {
		pkg, name := doc[at[2]:at[3]], doc[at[4]:at[5]]
		section, _, _ := strings.Cut(doc[at[1]:], "\n#")
		var fields []string
		for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .+ \\|$").FindAllStringSubmatch(section, -1) {
			fields = append(fields, m[1])
		}
		if want := code[pkg][name]; !slices.Equal(fields, want) {
			t.Errorf("the table of %s.%s has the fields %v, want %v", pkg, name, fields, want)
		}
		described[pkg+"."+name] = true
	}
	for name := range code["plan"] {
		if !described["plan."+name] {
			t.Errorf("plan.md has no table for plan.%s", name)
		}
	}
}

// number reads a value as the table of limits writes it: 4 MiB, 2^20, 1,000.
func number(text string) constant.Value {
	text = strings.ReplaceAll(text, ",", "")
	for unit, factor := range map[string]string{" KiB": "<<10", " MiB": "<<20", " GiB": "<<30"} {
		text = strings.ReplaceAll(text, unit, factor)
	}
	text = strings.ReplaceAll(text, "2^", "1<<")
	return evaluated(text)
}

// evaluated is the value of a constant expression of literals, or nil.
func evaluated(expr string) constant.Value {
	tv, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expr)
	if err != nil {
		return nil
	}
	return tv.Value
}

// bounds are the constants named max… or Max… of all packages, as package.name.
func bounds(t *testing.T) map[string]constant.Value {
	t.Helper()
	out := map[string]constant.Value{}
	err := filepath.WalkDir("..", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "testdata" || name != ".." && strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		files := parsed(t, dir)
		specs(files, token.CONST, func(s ast.Spec) {
			vs := s.(*ast.ValueSpec)
			for i, name := range vs.Names {
				if len(vs.Values) <= i || !regexp.MustCompile(`^[mM]ax[A-Z]`).MatchString(name.Name) {
					continue
				}
				if v := evaluated(types.ExprString(vs.Values[i])); v != nil {
					out[files[0].Name.Name+"."+name.Name] = v
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// componentPackages hold a file for each component, which documents its own bounds.
var componentPackages = []string{"op", "fn", "algorithm", "backbone", "neck", "head", "optimizer", "schedule", "datasource", "transform"}

// TestLimits: the constants of the chapter Limits have the values given there, and no bound of the code is missing.
func TestLimits(t *testing.T) {
	_, chapter, _ := strings.Cut(read(t, "rationale.md"), "\n## Limits\n")
	listed := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+\\.\\w+)` \\| ([^|]+) \\| [^|]+ \\|$").FindAllStringSubmatch(chapter, -1) {
		listed[m[1]] = m[2]
	}
	code := bounds(t)
	for name, text := range listed {
		got, want := number(text), code[name]
		switch {
		case want == nil:
			t.Errorf("rationale.md lists %s, which is not in the code", name)
		case got == nil || !constant.Compare(got, token.EQL, want):
			t.Errorf("rationale.md: %s is %s, want %s", name, text, want)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(code)) {
		pkg, _, _ := strings.Cut(name, ".")
		if listed[name] == "" && !slices.Contains(componentPackages, pkg) {
			t.Errorf("%s = %s is not in the chapter Limits of rationale.md: add a row with its reason", name, code[name])
		}
	}
}

// TestDependencies: rationale.md has a row for each module that go.mod requires directly, and no other.
func TestDependencies(t *testing.T) {
	_, chapter, _ := strings.Cut(read(t, "rationale.md"), "\n## Dependencies\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	var listed, required []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .+ \\|$").FindAllStringSubmatch(chapter, -1) {
		listed = append(listed, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(read(t, "../go.mod"), -1) {
		required = append(required, m[1])
	}
	slices.Sort(listed)
	slices.Sort(required)
	if !slices.Equal(listed, required) {
		t.Errorf("rationale.md lists the modules\n%v, and go.mod requires\n%v", listed, required)
	}
}
