package spec_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ssc/cmd"
)

// write makes the files of adding.md that keep chooses in a folder.
func write(t *testing.T, dir string, keep func(name string) bool) {
	t.Helper()
	doc := read(t, "adding.md")
	for _, language := range []string{"text", "go", "hcl"} {
		for _, f := range fenced(doc, language) {
			if !keep(f.name) {
				continue
			}
			name := filepath.Join(dir, filepath.FromSlash(f.name))
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(f.text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// run runs a program in a folder, offline.
func run(dir, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "NO_COLOR=1")
	out, err := c.CombinedOutput()
	return string(out), err
}

// inTree tells the files of the source tree from those of somebody's own module.
func inTree(name string) bool {
	return strings.HasPrefix(name, "compiler/") || strings.HasPrefix(name, "examples/")
}

// TestOwnModule builds the module of adding.md against this source tree and checks its pipeline, which stock ssc refuses.
func TestOwnModule(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, func(name string) bool { return !inTree(name) })
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod := filepath.Join(dir, "go.mod")
	text := strings.Replace(read(t, mod), "=> ../ssc", "=> "+root, 1)
	for name, text := range map[string]string{mod: text, filepath.Join(dir, "go.sum"): read(t, "../go.sum")} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if main := strings.Count(read(t, filepath.Join(dir, "main.go")), "\n"); main > 12 {
		t.Errorf("the main package has %d lines", main)
	}
	if out, err := run(dir, "go", "build", "-o", "mine", "."); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	if out, err := run(dir, "./mine", "validate", "mine.hcl"); err != nil || !strings.Contains(out, "mine.hcl: valid") {
		t.Errorf("validate: %v\n%s", err, out)
	}
	if out, err := run(dir, "./mine", "explain", "transform.posterize"); err != nil || !strings.Contains(out, "number of bits that are kept") {
		t.Errorf("explain: %v\n%s", err, out)
	}
	if code, _, talk := ssc("validate", filepath.Join(dir, "mine.hcl")); code != cmd.ExitDiag || !strings.Contains(talk, "posterize") {
		t.Errorf("stock ssc exits with %d, want %d: %s", code, cmd.ExitDiag, talk)
	}
}

// TestHead does what adding.md says in a copy of the tree: the skeleton compiles and its test names what is missing; with the finished file the test passes.
func TestHead(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "compiler", "lang", "examples"} {
		copyTree(t, filepath.Join("..", name), filepath.Join(root, name))
	}
	inside := func(args ...string) (int, string) {
		t.Helper()
		t.Chdir(root)
		code, out, talk := ssc(args...)
		return code, out + talk
	}
	doc := fenced(read(t, "adding.md"), "go")[0]
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	code, out := inside("new", "-kind", "head", "-name", "dcl")
	if code != cmd.ExitOK || !strings.Contains(out, doc.name+"\n") {
		t.Fatalf("new exits with %d, want 0 and %s: %s", code, doc.name, out)
	}
	const this = "TestComponents/dcl$"
	out, err = run(root, "go", "test", "./compiler/head", "-run", this)
	if err == nil {
		t.Error("the test of heads passes with the bare skeleton")
	}
	for _, want := range []string{`head "dcl" has no complete Paper`, `head "dcl" has no text for the argument weight`, "testdata/dcl.txtar differs"} {
		if !strings.Contains(out, want) {
			t.Errorf("the test does not say %q:\n%s", want, out)
		}
	}
	t.Chdir(here)
	write(t, root, inTree)
	for _, args := range [][]string{{"test", "./compiler/head", "-run", this, "-update"}, {"test", "./compiler/head", "-run", this}} {
		if out, err := run(root, "go", args...); err != nil {
			t.Errorf("go %v: %v\n%s", args, err, out)
		}
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err = os.MkdirAll(filepath.Dir(to), 0o777); err == nil {
		err = os.WriteFile(to, []byte(read(t, from)), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
