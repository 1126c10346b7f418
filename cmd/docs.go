package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
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
	Name: "docs", Usage: "print the reference manual from the code", Description: "Writes one Markdown page for each kind of component, and pages on the blocks of a file, the commands, operators, functions and migration.",
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
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("writing the manual: %w", err)
	}
	for _, name := range stale {
		path := filepath.Join(dir, name)
		if text, ok := pages[name]; ok {
			err = os.WriteFile(path, text, 0o666)
		} else {
			err = os.Remove(path)
		}
		if err != nil {
			return fmt.Errorf("writing the manual: %w", err)
		}
		fmt.Fprintln(c.App.Writer, path)
	}
	return nil
}

// stalePages lists pages that differ from the files in the folder, are missing there, or are there and no longer printed.
func stalePages(dir string, pages map[string][]byte) ([]string, error) {
	var out []string
	for name, text := range pages {
		have, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the manual: %w", err)
		}
		if err != nil || !bytes.Equal(have, text) {
			out = append(out, name)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return nil, fmt.Errorf("reading the manual: %w", err)
	}
	for _, f := range files {
		if _, ok := pages[filepath.Base(f)]; !ok {
			out = append(out, filepath.Base(f))
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
