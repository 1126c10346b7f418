package atomic_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/atomic/fault"
)

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "nothing"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWriteFileFailing(t *testing.T) {
	for at, done := 0, false; !done; at++ {
		name := filepath.Join(t.TempDir(), "f")
		if err := atomic.WriteFile(atomic.OS{}, name, write("old")); err != nil {
			t.Fatal(err)
		}
		f := &fault.Failing{FS: atomic.OS{}, At: at, Err: syscall.EIO}
		err := atomic.WriteFile(f, name, write("new content"))
		if done = f.Calls() <= at; done != (err == nil) {
			t.Errorf("call %d failing: error = %v", at, err)
		}
		if got := content(t, name); got != "old" && got != "new content" || err == nil && got != "new content" {
			t.Errorf("call %d failing: content = %q", at, got)
		}
	}
}

func TestWriteFilePowerCut(t *testing.T) {
	root := t.TempDir()
	r := &fault.Recorder{FS: atomic.OS{}, Root: root}
	var done []int
	for _, text := range []string{"first", "second, longer"} {
		if err := atomic.WriteFile(r, filepath.Join(root, "f"), write(text)); err != nil {
			t.Fatal(err)
		}
		done = append(done, r.Calls())
	}
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for n := range r.Calls() + 1 {
		for _, keep := range fault.Cuts {
			for range 20 {
				dir := t.TempDir()
				if err := r.Cut(n, dir, keep, rng); err != nil {
					t.Fatal(err)
				}
				got := content(t, filepath.Join(dir, "f"))
				seen[got] = true
				ok := got == "second, longer" || got == "first" && n < done[1] || got == "nothing" && n < done[0]
				if !ok {
					t.Errorf("power cut after call %d: content = %q", n, got)
				}
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("contents seen = %v, want nothing, first and second", seen)
	}
}

// readDir is the content of a folder with one file, or of what was set aside for it.
func readDir(t *testing.T, dir string) string {
	t.Helper()
	if got := content(t, filepath.Join(dir, "f")); got != "nothing" {
		return got
	}
	return content(t, filepath.Join(atomic.Replaced(dir), "f"))
}

func TestWriteDirPowerCut(t *testing.T) {
	root := t.TempDir()
	r := &fault.Recorder{FS: atomic.OS{}, Root: root}
	var done []int
	for _, text := range []string{"first", "second, longer"} {
		err := atomic.WriteDir(r, filepath.Join(root, "d"), func(add func(string, func(io.Writer) error) error) error { return add("f", write(text)) })
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, r.Calls())
	}
	if err := atomic.RemoveDir(r, filepath.Join(root, "d")); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range r.Calls() + 1 {
		for _, keep := range fault.Cuts {
			for range 10 {
				dir := t.TempDir()
				if err := r.Cut(n, dir, keep, rng); err != nil {
					t.Fatal(err)
				}
				if _, err := atomic.Clean(atomic.OS{}, dir); err != nil {
					t.Fatal(err)
				}
				got := readDir(t, filepath.Join(dir, "d"))
				ok := got == "second, longer" || got == "first" && n < done[1] || got == "nothing" && (n < done[0] || n > done[1])
				if !ok || n == r.Calls() && got != "nothing" {
					t.Errorf("power cut after call %d: content = %q", n, got)
				}
			}
		}
	}
}

// careless writes without syncing: the power cut must show it, or it shows nothing.
func careless(f atomic.FS, name string) error {
	file, err := f.Create(name + ".tmp")
	if err != nil {
		return err
	}
	if err := errors.Join(write("content")(file), file.Close(), f.Rename(name+".tmp", name)); err != nil {
		return err
	}
	return f.SyncDir(filepath.Dir(name))
}

func TestPowerCutShowsCarelessness(t *testing.T) {
	root := t.TempDir()
	r := &fault.Recorder{FS: atomic.OS{}, Root: root}
	if err := careless(r, filepath.Join(root, "f")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := r.Cut(r.Calls(), dir, fault.Cuts["nothing"], rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Fatal(err)
	}
	if got := content(t, filepath.Join(dir, "f")); got != "" {
		t.Errorf("unsynced content after a power cut = %q, want it lost", got)
	}
}

// TestOnlyThisPackageWrites reads the imports and calls of the runtime: files of a run are written through this package alone.
func TestOnlyThisPackageWrites(t *testing.T) {
	forbidden := map[string]bool{"WriteFile": true, "Create": true, "Rename": true}
	files := 0
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "checkpoint/atomic") {
			return err
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && forbidden[s.Sel.Name] {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" {
					t.Errorf("%s: os.%s, want the package atomic", set.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 5 {
		t.Errorf("read %d files of the runtime, want more", files)
	}
}

// TestMkdirAllAtOnce: of several that make one folder all have it.
func TestMkdirAllAtOnce(t *testing.T) {
	for range 50 {
		dir := filepath.Join(t.TempDir(), "a", "b", "c")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := atomic.MkdirAll(atomic.OS{}, dir); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
