package comptest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"ssc/lang/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// input is the section of a golden file that people write.
const input = "in.hcl"

// Run checks the named components of the kind, all of them when no name is given: the golden files in testdata, what they declare
// (Declared), and that a pipeline in the module's folder examples uses them.
func Run(t *testing.T, kind schema.Kind, names ...string) {
	if len(names) == 0 {
		names = kind.Names()
	}
	used, err := examples()
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			files := slices.DeleteFunc(slices.Clone(all), func(f string) bool { return component(f) != name })
			if err := errors.Join(Declared(kind, name), complete(kind, name, files, used)); err != nil {
				t.Error(err)
			}
			for _, f := range files {
				Golden(t, f, func(in []byte) ([]txtar.File, error) { return sections(kind, name, in) })
			}
		})
	}
	for _, f := range all {
		if _, ok := kind.Info(component(f)); !ok {
			t.Errorf("%s belongs to no %s", f, kind.Name())
		}
	}
}

// complete names what the component lacks beside its code: a golden file of its name among its files, a use in an example.
func complete(kind schema.Kind, name string, files []string, used map[string]bool) error {
	var errs []error
	if !slices.Contains(files, filepath.Join("testdata", name+".txtar")) {
		errs = append(errs, fmt.Errorf("%s %q has no golden test: write testdata/%s.txtar with a section %s and run go test -update", kind.Name(), name, name, input))
	}
	if !used[kind.Name()+"."+name] {
		errs = append(errs, fmt.Errorf("%s %q is used by no pipeline in examples: write one", kind.Name(), name))
	}
	return errors.Join(errs...)
}

// component is the name of the component that a golden file is of.
func component(file string) string {
	name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txtar"), "-")
	return name
}

// Golden compares the sections of a file with what its section in.hcl gives, or rewrites them under -update.
func Golden(t *testing.T, file string, sections func(in []byte) ([]txtar.File, error)) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == input })
	if i < 0 {
		t.Errorf("%s has no section %s", file, input)
		return
	}
	got, err := sections(a.Files[i].Data)
	if err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	if *update {
		out := &txtar.Archive{Comment: a.Comment, Files: append([]txtar.File{a.Files[i]}, got...)}
		if err := os.WriteFile(file, txtar.Format(out), 0o666); err != nil {
			t.Error(err)
		}
		return
	}
	want := slices.Delete(slices.Clone(a.Files), i, i+1)
	if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is meant, run go test -update:\n%s", file, diff)
	}
}

// texts is the content of sections by name, in lines.
func texts(files []txtar.File) map[string][]string {
	m := map[string][]string{}
	for _, f := range files {
		m[f.Name] = strings.Split(string(f.Data), "\n")
	}
	return m
}
