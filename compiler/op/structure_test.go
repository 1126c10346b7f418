package op_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ssc/compiler/op"
)

// TestOneFilePerOperator: a file registers at most one operator, is named after it in snake_case, and every operator has a file.
func TestOneFilePerOperator(t *testing.T) {
	registered := map[string]string{} // name without underscores, in lower case -> file
	for path, file := range parsed(t, ".") {
		if n := registrations(file); n > 1 {
			t.Errorf("%s registers %d operators, want 1", path, n)
		} else if n == 1 {
			registered[strings.ReplaceAll(strings.TrimSuffix(path, ".go"), "_", "")] = path
		}
	}
	for _, name := range op.Names() {
		path, ok := registered[strings.ToLower(name)]
		if !ok {
			t.Errorf("no file is named after %s", name)
			continue
		}
		delete(registered, strings.ToLower(name))
		at := 0
		for part := range strings.SplitSeq(strings.TrimSuffix(path, ".go"), "_") {
			if c := name[at]; c < 'A' || c > 'Z' {
				t.Errorf("the words of %s are not those of %s", path, name)
			}
			at += len(part)
		}
	}
	for _, path := range registered {
		t.Errorf("%s is not named after the operator that it registers", path)
	}
}

// registrations counts package variables set by a call of register.
func registrations(file *ast.File) int {
	n := 0
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for _, x := range v.Values {
				if call, ok := x.(*ast.CallExpr); ok {
					if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "register" {
						n++
					}
				}
			}
		}
	}
	return n
}

// TestNoCentralSwitch: what is known of an operator stands in its own file; nobody lists operators by name.
func TestNoCentralSwitch(t *testing.T) {
	names := map[string]bool{}
	for _, n := range op.Names() {
		names[n] = true
	}
	for path, file := range parsed(t, "..") {
		found := centralLists(file, names)
		if why, ok := namesOperators[filepath.ToSlash(path)]; ok == (len(found) > 0) {
			continue
		} else if ok {
			t.Errorf("%s is an exception (%s), but has no central list", path, why)
		}
		for _, f := range found {
			t.Errorf("%s: %s", path, f)
		}
	}
}

// namesOperators are the files that may list operators by name, and why.
var namesOperators = map[string]string{
	"../pass/memory.go":    "what ONNX Runtime's kernels share or overwrite was measured, and is a fact about the executor",
	"../pass/bfloat16.go":  "which types ONNX Runtime's kernels take was measured, and is a fact about the executor",
	"../cuda/own.go":       "which products are left to NVIDIA's libraries is a choice of that target, not a property of the functions",
	"../tensorrt/check.go": "what TensorRT's parser takes is a fact about the builder of engines",
	"../tensorrt/typed.go": "where an engine computes in a narrow type is a choice of that target, not a property of the operators",
	"../ir/inplace.go":     "what ONNX Runtime may alias or overwrite is a fact about the executor, not about the operators",
	"../cuda/coverage.go":  "what ONNX Runtime's CUDA provider has kernels for is a fact about the executor",
}

func TestCentralListsFindsThem(t *testing.T) {
	for src, want := range map[string]int{
		`switch n.Op.Name() { case "Add": }`:                                    1,
		`switch s { case "Add", "Mul": }`:                                       1,
		`switch s { case "add", "mul": }`:                                       0,
		`switch s { case "Add": }`:                                              0,
		`switch name := n.Op.Name(); name { case "Add": case "Mul": }`:          1,
		`_ = map[string]int{"Add": 1, "Mul": 2, "Exp": 3}`:                      1,
		`_ = map[string]int{"Add": 1, "Mul": 2}`:                                0,
		`_ = n.Op.Name() == "Add"`:                                              0,
		`if n.Op.Name() == "Add" || n.Op.Name() == "Mul" { switch x { } }`:      0,
		`switch v.Def.Op.Name() { case "Nothing": }`:                            0,
		`_ = map[string]bool{"Add": true, "Mul": true, "Exp": true, "x": true}`: 1,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { "+src+" }", 0)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if got := centralLists(file, map[string]bool{"Add": true, "Mul": true, "Exp": true}); len(got) != want {
			t.Errorf("centralLists(%s) = %v, want %d findings", src, got, want)
		}
	}
}

// centralLists finds switches over operator names (one case is enough where the tag calls Name, else two) and map literals with
// three or more of them as keys.
func centralLists(file *ast.File, names map[string]bool) []string {
	count := func(list []ast.Expr) (n int) {
		for _, x := range list {
			if names[literal(x)] {
				n++
			}
		}
		return n
	}
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.SwitchStmt:
			n := 0
			for _, c := range x.Body.List {
				n += count(c.(*ast.CaseClause).List)
			}
			if n > 1 || n == 1 && callsName(x.Tag) {
				found = append(found, "a switch over operator names")
			}
		case *ast.CompositeLit:
			if _, ok := x.Type.(*ast.MapType); !ok {
				return true
			}
			var keys []ast.Expr
			for _, e := range x.Elts {
				keys = append(keys, e.(*ast.KeyValueExpr).Key)
			}
			if count(keys) > 2 {
				found = append(found, "a map with operator names as keys")
			}
		}
		return true
	})
	return found
}

// literal is the value of a string literal, or nothing.
func literal(x ast.Expr) string {
	if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		s, _ := strconv.Unquote(lit.Value) // the parser has read it
		return s
	}
	return ""
}

func callsName(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == "Name"
}

// TestAutodiffNamesNoOperator: the sweep neither imports the operators nor spells the name of one.
func TestAutodiffNamesNoOperator(t *testing.T) {
	for path, file := range parsed(t, "../autodiff") {
		ast.Inspect(file, func(node ast.Node) bool {
			if lit, ok := node.(*ast.BasicLit); ok {
				if _, isOp := op.Lookup(literal(lit)); isOp || literal(lit) == "ssc/compiler/op" {
					t.Errorf("%s mentions %s", path, lit.Value)
				}
			}
			return true
		})
	}
}

// parsed reads the Go files below dir that are not tests.
func parsed(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no Go files below %s", dir)
	}
	return files
}
