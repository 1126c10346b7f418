package comptest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"ssc/lang/schema"
)

// Declared reports what a component does not say of itself: a meaning, a paper or why there is none, a text for every argument and
// block.
func Declared(kind schema.Kind, name string) error {
	c := kind.Component(name)
	if c == nil {
		return fmt.Errorf("there is no %s %q", kind.Name(), name)
	}
	info, _ := kind.Info(name)
	var errs []error
	missing := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s %q "+format, append([]any{kind.Name(), name}, args...)...))
	}
	if !strings.HasSuffix(strings.TrimSuffix(info.Doc, ")"), ".") {
		missing("has no Doc of whole sentences: %q", info.Doc)
	}
	if p := info.Paper; p.None == "" && (p.Authors == "" || p.Title == "" || p.Year == 0 || p.ID == "") {
		missing("has no complete Paper (Authors, Title, Year, ID), and no reason in Paper.None")
	}
	for path := range undocumented("", schema.Of(c)) {
		missing("has no text for %s", path)
	}
	return errors.Join(errs...)
}

// undocumented yields the paths of arguments and blocks without a text.
func undocumented(path string, s *schema.Set) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, f := range s.Fields {
			if f.Doc == "" && !yield("the argument "+path+f.Name) {
				return
			}
		}
		for _, c := range s.Children {
			if c.Doc == "" && !yield("the block "+path+c.Type) {
				return
			}
			if c.Kind != nil {
				continue // its components speak for themselves
			}
			for below := range undocumented(path+c.Type+".", schema.Of(c.New("name"))) {
				if !yield(below) {
					return
				}
			}
		}
	}
}

// examples lists what the pipelines in the module's folder examples use: "head.contrastive", and for transforms, whose block type is
// their name, "random_crop".
func examples() (map[string]bool, error) {
	root, err := module()
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	err = filepath.WalkDir(filepath.Join(root, "examples"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hcl" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, diags := hclsyntax.ParseConfig(src, path, hcl.InitialPos)
		if diags.HasErrors() {
			return diags
		}
		collect(f.Body.(*hclsyntax.Body), used)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return used, err
}

// stands tells the kind of component in blocks that have another name.
var stands = map[string]string{"monitor": "probe", "evaluate": "probe"}

func collect(b *hclsyntax.Body, used map[string]bool) {
	for _, block := range b.Blocks {
		name := block.Type
		if kind, ok := stands[name]; ok {
			name = kind
		}
		if len(block.Labels) > 0 {
			name += "." + block.Labels[0]
		}
		used[name] = true
		collect(block.Body, used)
	}
}

// module is the folder of go.mod.
func module() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("there is no go.mod above the test's folder")
		}
		dir = parent
	}
}
