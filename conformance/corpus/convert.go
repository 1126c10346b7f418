package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler"
	"ssc/lang"
	"ssc/lang/migrate"
	"ssc/lang/schema"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

var tables = compiler.Tables{Source: datasource.Table, Transform: transform.Table}

// conversion converts all files of a branch, as a tree and flat, compiles what is converted, and counts. A pipeline that means something else with its bases than without, that is not in canonical
// form, or that does not compile is an error. To compile is what `ssc validate` does; `ssc compile` writes the plan, too.
func conversion(root string, packages map[string]string) (row string, err error) {
	opt := migrate.Options{Root: tables.Root, Kinds: tables.Kinds(), BaseRoot: root, Packages: packages}
	tree, _, err := migrate.Run([]string{root}, opt)
	if err != nil {
		return "", err
	}
	opt.Flat = true
	flat, _, err := migrate.Run([]string{root}, opt)
	if err != nil {
		return "", err
	}
	texts, whole := map[string][]byte{}, map[string][]byte{}
	for _, f := range tree.Files {
		texts[f.Name] = f.Text
	}
	for _, f := range flat.Files {
		whole[f.Source] = f.Text
	}
	var pipelines, written, missing, decide, wrong, compiled int
	for _, f := range tree.Files {
		if !f.Asked || !f.Whole {
			continue
		}
		pipelines++
		switch {
		case f.Text != nil && f.Report.Done():
			written++
			if d := different(f.Name, texts, whole[f.Source]); d != "" {
				wrong++
				fmt.Fprintf(os.Stderr, "%s: %s\n", f.Source, d)
			}
			if err := compile(f.Name, texts); err == nil {
				compiled++
			} else {
				fmt.Fprintf(os.Stderr, "%s does not compile: %v\n", f.Source, err)
			}
		case f.Report.Count(migrate.Missing) > 0:
			missing++
		default:
			decide++
		}
	}
	if wrong > 0 || compiled < written {
		err = fmt.Errorf("of %s, %d pipelines mean something else with their bases, and %d do not compile", root, wrong, written-compiled)
	}
	return fmt.Sprintf("| %d | %d | %d | %d | %d |", pipelines, written, compiled, missing, decide), err
}

// different compares a pipeline with its bases with the flat one.
func different(name string, texts map[string][]byte, flat []byte) string {
	one, err := resolved(name, texts)
	if err != nil {
		return err.Error()
	}
	other, err := resolved("flat.hcl", map[string][]byte{"flat.hcl": flat})
	if err != nil {
		return err.Error()
	}
	if text := texts[name]; string(lang.Format(text)) != string(text) {
		return "not in canonical form"
	}
	return cmp.Diff(other, one)
}

func resolved(name string, texts map[string][]byte) (schema.Spec, error) {
	p, err := load(name, texts)
	if err != nil {
		return schema.Spec{}, err
	}
	if diags := schema.Decode(tables.Root(), p.Root); diags.HasErrors() {
		return schema.Spec{}, diags
	}
	s := schema.Encode(p.Root)
	forgetPlaces(&s)
	return s, nil
}

func compile(name string, texts map[string][]byte) error {
	p, err := load(name, texts)
	if err != nil {
		return err
	}
	if _, diags := compiler.Compile(p.Root, tables, compiler.Options{Name: p.Name}); diags.HasErrors() {
		return diags
	}
	return nil
}

func load(name string, texts map[string][]byte) (*lang.Pipeline, error) {
	read := func(name string) ([]byte, error) {
		if text, ok := texts[filepath.ToSlash(filepath.Clean(name))]; ok {
			return text, nil
		}
		return nil, fs.ErrNotExist
	}
	p, diags := lang.Load([]string{name}, lang.Options{ReadFile: read, Root: tables.Root})
	if diags.HasErrors() {
		return nil, diags
	}
	return p, nil
}

func forgetPlaces(s *schema.Spec) {
	s.At = ""
	for i := range s.Blocks {
		forgetPlaces(&s.Blocks[i])
	}
}

// scripts lists upstream's tools that the manual does not speak of.
func scripts(root string) ([]string, error) {
	var out []string
	for _, dir := range []string{"tools", "benchmarks"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, d fs.DirEntry, err error) error {
			ext := filepath.Ext(name)
			switch {
			case os.IsNotExist(err):
				return fs.SkipAll
			case err != nil:
				return err
			case !d.IsDir() && (ext == ".py" || ext == ".sh") && !strings.HasPrefix(d.Name(), "__") && !slices.Contains(migrate.Scripts(), d.Name()):
				out = append(out, name)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("searching for tools: %w", err)
		}
	}
	return out, nil
}
