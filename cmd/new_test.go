package cmd

import (
	"bytes"
	"encoding/json"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tree is a copy of what `ssc new` needs of the source tree, in which skeletons are made. The Go files of the skeletons are compiled in their places in the real tree by an overlay, so that the build
// cache serves everything else.
type tree struct {
	t    *testing.T
	root string // the real tree
	dir  string
}

func newTree(t *testing.T) *tree {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	tr := &tree{t: t, root: root, dir: t.TempDir()}
	tr.write("go.mod", tr.readReal("go.mod"))
	for _, top := range []string{"examples", "compiler/head/testdata"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(root, path)
				tr.write(rel, tr.readReal(rel))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(tr.dir)
	return tr
}

func (tr *tree) readReal(name string) string {
	b, err := os.ReadFile(filepath.Join(tr.root, name))
	if err != nil {
		tr.t.Fatal(err)
	}
	return string(b)
}

func (tr *tree) write(name, text string) {
	tr.t.Helper()
	path := filepath.Join(tr.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o666)
	}
	if err != nil {
		tr.t.Fatal(err)
	}
}

// build runs the go command in the real tree, with the copy's Go files laid over it.
func (tr *tree) build(args ...string) {
	tr.t.Helper()
	replace := map[string]string{}
	for _, folder := range skeletonFolders {
		files, _ := filepath.Glob(filepath.Join(tr.dir, folder, "*.go"))
		for _, f := range files {
			rel, _ := filepath.Rel(tr.dir, f)
			replace[filepath.Join(tr.root, rel)] = f
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.write("overlay.json", string(b))
	cmd := exec.Command("go", append([]string{args[0], "-overlay", filepath.Join(tr.dir, "overlay.json")}, args[1:]...)...)
	cmd.Dir = tr.root
	if out, err := cmd.CombinedOutput(); err != nil {
		tr.t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// run runs a program in a folder of the copy.
func (tr *tree) run(dir, program string, args ...string) (output string, err error) {
	cmd := exec.Command(filepath.Join(tr.dir, program), args...)
	cmd.Dir = filepath.Join(tr.dir, dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestNewComponent walks the way of spec/adding.md: a skeleton, the test that names what is missing, the missing parts written, a component that works. No other file is touched.
func TestNewComponent(t *testing.T) {
	tr := newTree(t)
	if code, _, stderr := run1(t, "new", "-kind", "head", "-name", "toy_loss"); code != ExitOK {
		t.Fatalf("ssc new = %d: %s", code, stderr)
	}
	tr.build("test", "-c", "-o", filepath.Join(tr.dir, "head.test"), "./compiler/head")
	out, err := tr.run("compiler/head", "head.test", "-test.run", "TestComponents/toy_loss")
	if err == nil {
		t.Error("the test of an unfinished component passes")
	}
	for _, want := range []string{"has no Doc", "has no complete Paper", "has no text for the argument weight", "run go test -update"} {
		if !strings.Contains(out, want) {
			t.Errorf("the test does not say %q:\n%s", want, out)
		}
	}

	path := "compiler/head/toy_loss.go"
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tr.write(path, strings.NewReplacer(`Doc:      ""`, `Doc:      "A loss for a test."`, `schema.Paper{}`, `schema.Paper{None: "made for a test"}`, `"weight", 1, ""`, `"weight", 1, "factor on the loss"`).Replace(string(src)))
	tr.build("test", "-c", "-o", filepath.Join(tr.dir, "head.test"), "./compiler/head")
	if out, err := tr.run("compiler/head", "head.test", "-test.run", "TestComponents/toy_loss", "-update"); err != nil {
		t.Fatalf("writing the golden file: %v\n%s", err, out)
	}
	if out, err := tr.run("compiler/head", "head.test", "-test.run", "TestComponents/toy_loss"); err != nil {
		t.Errorf("the finished component fails its test: %v\n%s", err, out)
	}
	if golden, err := os.ReadFile("compiler/head/testdata/toy_loss.txtar"); err != nil || !bytes.Contains(golden, []byte("%head/mul")) {
		t.Errorf("the golden file is %q, %v, want the graph", golden, err)
	}
}

// TestSkeletons compiles the skeletons of all kinds into one program, which accepts their examples and explains them.
func TestSkeletons(t *testing.T) {
	tr := newTree(t)
	for _, kind := range skeletonKinds() {
		code, stdout, stderr := run1(t, "new", "-kind", kind, "-name", "toy_"+kind)
		if code != ExitOK {
			t.Fatalf("ssc new -kind %s = %d: %s", kind, code, stderr)
		}
		for _, path := range strings.Fields(stdout) {
			if filepath.Ext(path) != ".go" {
				continue
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if want := gofmt(t, src); !bytes.Equal(src, want) {
				t.Errorf("%s is not in gofmt's form", path)
			}
		}
		if code, _, _ := run1(t, "new", "-kind", kind, "-name", "toy_"+kind); code != ExitDiag {
			t.Errorf("a second ssc new of the same name = %d, want %d", code, ExitDiag)
		}
	}
	tr.build("build", "-o", filepath.Join(tr.dir, "toy"), "./cmd/ssc")
	for _, kind := range skeletonKinds() {
		example := "examples/selfsup/simclr/simclr-toy_" + kind + "_fmnist.hcl"
		if kind == "algorithm" {
			example = "examples/selfsup/toy_algorithm/toy_algorithm_fmnist.hcl"
		}
		if out, err := tr.run(".", "toy", "validate", example); err != nil {
			t.Errorf("the example of the %s is not valid: %s", kind, out)
		}
		if out, err := tr.run(".", "toy", "fmt", "-check", example); err != nil {
			t.Errorf("the example of the %s is not in canonical form: %s", kind, out)
		}
		if out, err := tr.run(".", "toy", "explain", kind+".toy_"+kind); err != nil {
			t.Errorf("ssc explain %s.toy_%s: %s", kind, kind, out)
		}
	}
}

func gofmt(t *testing.T, src []byte) []byte {
	t.Helper()
	out, err := format.Source(src)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNewRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-kind hed -name x", ExitUsage, `Did you mean "head"?`},
		{"-kind head -name BadName", ExitUsage, "snake_case"},
		{"-kind head -name a/b", ExitUsage, "snake_case"},
		{"-kind head -name contrastive", ExitDiag, `there is a head "contrastive" already`},
		{"-kind head -name x", ExitDiag, "not the source tree of ssc"},
	} {
		code, _, stderr := run1(t, append([]string{"new"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("ssc new %s = %d: %s, want %d: %s", c.args, code, stderr, c.code, c.want)
		}
	}
}

// ownMain is the program of a module that adds a component of its own.
const ownMain = `package main

import (
	"ssc"

	_ "example.org/own/head"
)

func main() { ssc.Main() }
`

const ownHead = `// Package head adds a head to ssc.
package head

import (
	"ssc/compiler/fn"
	"ssc/compiler/head"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = head.Table.Register(schema.Entry[head.Head]{Info: schema.Info{Name: "own", Doc: "A head of another module."},
	New: func() head.Head { return &own{} }})

type own struct{}

func (*own) Args(*schema.Set) {}

func (h *own) Loss(s nn.Scope, in ...*ir.Value) *ir.Value {
	defer s.At(h)()
	return fn.CrossEntropy(in[0], in[1])
}
`

// TestOwnModule builds a program in another module by a main of ten lines, and finds its component there.
func TestOwnModule(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	tr := &tree{t: t, root: root, dir: t.TempDir()}
	mod := strings.Replace(tr.readReal("go.mod"), "module ssc\n", "module example.org/own\n", 1)
	tr.write("go.mod", mod+"\nrequire ssc v0.0.0\n\nreplace ssc => "+root+"\n")
	tr.write("go.sum", tr.readReal("go.sum"))
	tr.write("main.go", ownMain)
	tr.write("head/own.go", ownHead)
	tr.write("tiny.hcl", tr.readReal("cmd/testdata/tiny.hcl"))
	tr.write("own.hcl", "extends = [\"tiny.hcl\"]\nalgorithm \"simclr\" {\n  head \"own\" {}\n}\n")
	cmd := exec.Command("go", "build", "-mod=mod", "-o", "own", ".")
	cmd.Dir = tr.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if out, err := tr.run(".", "own", "validate", "own.hcl"); err != nil || !strings.Contains(out, "own.hcl: valid") {
		t.Errorf("own validate own.hcl: %v: %s", err, out)
	}
	if out, err := tr.run(".", "own", "explain", "head.own"); err != nil || !strings.Contains(out, "A head of another module.") {
		t.Errorf("own explain head.own: %v: %s", err, out)
	}
}
