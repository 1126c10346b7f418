package resume

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const manual = "../../spec/reliability.md"

// TestManualNamesTests: every row of the contract is there, with tests that exist.
func TestManualNamesTests(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	reference := regexp.MustCompile("`([\\w/]+_test\\.go):(\\w+)`")
	var have []int
	for line := range strings.Lines(string(text)) {
		number, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " ")
		row, err := strconv.Atoi(number)
		if err != nil || !strings.HasPrefix(line, "| ") || strings.Count(line, " | ") != 3 {
			continue
		}
		have = append(have, row)
		tests := reference.FindAllStringSubmatch(line, -1)
		if len(tests) == 0 {
			t.Errorf("row %d names no test", row)
		}
		for _, m := range tests {
			source, err := os.ReadFile(filepath.Join("../..", m[1]))
			if err != nil || !strings.Contains(string(source), "\nfunc "+m[2]+"(") {
				t.Errorf("row %d: there is no test %s in %s", row, m[2], m[1])
			}
		}
	}
	var want []int
	for row := 1; row <= 32; row++ {
		if !slices.Contains([]int{25, 29, 30}, row) { // the manual says where these belong
			want = append(want, row)
		}
	}
	if !slices.Equal(have, want) {
		t.Errorf("rows = %v, want %v", have, want)
	}
}

// TestMonotonic: no duration of a run is computed from wall-clock readings. Go's times carry a monotonic reading until one of these calls strips it; dates serve people alone.
func TestMonotonic(t *testing.T) {
	strips := []string{"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Truncate", "Round", "UTC", "Local", "In", "AddDate"}
	for _, dir := range []string{"runtime/train", "runtime/checkpoint", "runtime/loader"} {
		names, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
		if err != nil || len(names) < 3 {
			t.Fatalf("files of %s = %v, %v", dir, names, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				outer, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !slices.Contains(strips, outer.Sel.Name) {
					return true
				}
				if inner, ok := outer.X.(*ast.CallExpr); ok && filepath.Base(name) != "lock.go" { // whose date is for people
					if f, ok := inner.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Now" {
						t.Errorf("%s: time.Now().%s has no monotonic reading", set.Position(call.Pos()), outer.Sel.Name)
					}
				}
				return true
			})
		}
	}
}
