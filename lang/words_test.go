package lang_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSummaries reads the source of the language packages: the summary of every diagnostic is a phrase without names or quotes, and every detail ends a
// sentence. What is put together at run time is checked where diagnostics are made in tests.
func TestSummaries(t *testing.T) {
	seen := 0
	_ = filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "migrate") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			at, ok := map[string]int{"Errorf": 2, "errorf": 2, "fail": 1, "fault": 0}[called(call)]
			if !ok || len(call.Args) < at+2 {
				return true
			}
			if summary, ok := literal(call.Args[at]); ok {
				seen++
				if strings.ContainsAny(summary, "\"'`%.") || summary == "" || summary[0] < 'A' || summary[0] > 'Z' {
					t.Errorf("%s: summary %q, want a phrase without quotes and verbs", name, summary)
				}
			}
			if detail, ok := literal(call.Args[at+1]); ok && detail != "%s" && !endsSentence(detail) {
				t.Errorf("%s: detail %q, want one that ends in . or ?", name, detail)
			}
			return true
		})
		return nil
	})
	if seen < 50 {
		t.Errorf("found %d summaries, want at least 50: has their form changed?", seen)
	}
}

// endsSentence accepts a verb at the end only for what ends a sentence itself: a suggestion or advice.
func endsSentence(detail string) bool {
	return strings.HasSuffix(detail, ".") || strings.HasSuffix(detail, "?") || strings.HasSuffix(detail, ".%s") || strings.HasSuffix(detail, ": %s") || strings.HasSuffix(detail, ". %s")
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
