package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/cuda"
	"ssc/compiler/fn"
	"ssc/compiler/op"
	"ssc/lang"
	"ssc/lang/migrate"
	"ssc/lang/schema"
)

var docsCommand = &cli.Command{
	Name: "docs", Usage: "print the reference manual from the code", Description: "Writes a Markdown page for each component and each kind of them, and pages on the blocks of a file, the commands, operators, functions and migration.",
	Flags: []cli.Flag{
		&cli.StringFlag{Name: "out", Value: "spec/reference", Usage: "write the pages into the folder `DIR`"},
		&cli.BoolFlag{Name: "check", Usage: "change nothing; exit with code 1 and name the pages that are not up to date"}},
	Action: docs,
}

func docs(c *cli.Context) error {
	pages, err := manual(c.App)
	if err != nil {
		return err
	}
	dir := c.String("out")
	stale, err := stalePages(dir, pages)
	if err != nil {
		return err
	}
	if c.Bool("check") {
		if len(stale) == 0 {
			return nil
		}
		return exit{ExitDiag, fmt.Sprintf("not up to date in %s: %s\nrun: ssc docs -out %s", dir, strings.Join(stale, ", "), dir)}
	}
	for _, name := range stale {
		file := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o777)
		if text, ok := pages[name]; err == nil && ok {
			err = os.WriteFile(file, text, 0o666)
		} else if err == nil {
			err = os.Remove(file)
		}
		if err != nil {
			return fmt.Errorf("writing the manual: %w", err)
		}
		fmt.Fprintln(c.App.Writer, file)
	}
	return nil
}

// stalePages lists pages that differ from the files in the folder, are missing there, or are there and no longer printed.
func stalePages(dir string, pages map[string][]byte) ([]string, error) {
	var out []string
	for name, text := range pages {
		have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the manual: %w", err)
		}
		if err != nil || !bytes.Equal(have, text) {
			out = append(out, name)
		}
	}
	for _, pattern := range []string{"*.md", "*/*.md"} {
		files, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return nil, fmt.Errorf("reading the manual: %w", err)
		}
		for _, f := range files {
			if _, ok := pages[f]; !ok {
				out = append(out, f)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// manual is the content of every page by file name.
func manual(app *cli.App) (map[string][]byte, error) {
	var operators bytes.Buffer
	if err := op.Manual(&operators); err != nil {
		return nil, err
	}
	pages := map[string][]byte{
		"pipeline.md":  []byte(schema.MarkdownRoot(tables.Root())),
		"commands.md":  []byte(commandsPage(app)),
		"operators.md": operators.Bytes(),
		"functions.md": []byte(functionsPage()),
		"migrate.md":   []byte(migrate.Manual()),
		"cuda.md":      []byte(cuda.Manual()),
	}
	for _, k := range tables.Kinds() {
		pages[k.Name()+".md"] = []byte(schema.Markdown(k))
	}
	pages["README.md"] = []byte(contents(slices.Sorted(maps.Keys(pages))))
	for _, k := range tables.Kinds() {
		for _, name := range k.Names() {
			pages[path.Join(k.Name(), name+".md")] = []byte(schema.MarkdownOf(k, name) + flowSection(k, name))
		}
	}
	return pages, nil
}

// titles of the pages that describe no kind.
var titles = map[string]string{
	"pipeline.md": "the blocks of a pipeline file", "commands.md": "commands, flags and exit codes", "operators.md": "the ONNX operators of the intermediate representation",
	"cuda.md": "operators and types that run on a GPU", "functions.md": "functions of the domain ai.ssc, and those of the language", "migrate.md": "what `ssc migrate` knows: types, arguments, defaults, old commands",
}

func contents(names []string) string {
	var b strings.Builder
	b.WriteString("# Reference\n\nThese pages are printed from the code by `ssc docs`. `ssc explain` shows the same on a terminal.\n\n")
	for _, name := range names {
		title := titles[name]
		for _, k := range tables.Kinds() {
			if k.Name()+".md" == name {
				title = strings.Join(k.Names(), ", ")
			}
		}
		fmt.Fprintf(&b, "- [%s](%s): %s\n", strings.TrimSuffix(name, ".md"), name, title)
	}
	return b.String()
}

func functionsPage() string {
	var b strings.Builder
	b.WriteString("# Functions\n\n## In expressions\n\n`" + strings.Join(lang.FunctionNames(), "`, `") + "`\n")
	b.WriteString("\n## In graphs\n\nFunctions of the domain ai.ssc. Each has a body of standard operators, by which a runtime without a native kernel computes it.\n")
	for _, name := range fn.Names() {
		f, _ := fn.Lookup(name)
		b.WriteString("\n#" + op.Entry(f))
	}
	return b.String()
}
