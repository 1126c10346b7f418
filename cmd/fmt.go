package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"

	"ssc/lang"
	"ssc/runtime/checkpoint/atomic"
)

var fmtCommand = &cli.Command{
	Name: "fmt", Usage: "rewrite pipeline files in canonical form", ArgsUsage: "[FILE | FOLDER | -]...",
	Description: "Prints the names of the files it changes. Folders are searched for .hcl files at any depth; without arguments the current one is. With - standard input is formatted to standard output.",
	Flags: []cli.Flag{
		&cli.BoolFlag{Name: "check", Usage: "change nothing; exit with code 1 if a file is not in canonical form"},
		&cli.BoolFlag{Name: "diff", Usage: "print what changes"},
		&cli.BoolFlag{Name: "write", Value: true, Usage: "write the files; -write=false only names them"},
		jsonFlag(),
	},
	Action: formatFiles,
}

func formatFiles(c *cli.Context) error {
	args := c.Args().Slice()
	if len(args) == 0 {
		args = []string{"."}
	}
	files, err := hclFiles(args)
	if err != nil {
		return err
	}
	changed, failed := 0, false
	for _, f := range files {
		different, err := formatFile(c, f)
		var e exit
		if errors.As(err, &e) {
			failed = true
		} else if err != nil {
			return err
		}
		if different {
			changed++
		}
	}
	if failed || c.Bool("check") && changed > 0 {
		return exit{ExitDiag, ""}
	}
	return nil
}

// hclFiles replaces folders by the .hcl files in them, hidden folders left out.
func hclFiles(args []string) ([]string, error) {
	var files []string
	for _, a := range args {
		if a == "-" || !isDir(a) {
			files = append(files, a)
			continue
		}
		err := filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != a && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case !d.IsDir() && filepath.Ext(path) == ".hcl":
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("searching for pipeline files: %w", err)
		}
	}
	return files, nil
}

// formatFile formats one file, or standard input, and reports whether its form was another.
func formatFile(c *cli.Context, name string) (bool, error) {
	src, shown, err := readText(c, name)
	if err != nil {
		return false, err
	}
	if diags := lang.Check(shown, src); diags.HasErrors() {
		return false, printDiags(c, &lang.Pipeline{Sources: map[string][]byte{shown: src}}, diags)
	}
	out := lang.Format(src)
	different := !bytes.Equal(src, out)
	quiet := c.Bool("check") || !c.Bool("write")
	switch {
	case c.Bool("diff"):
		if _, err := c.App.Writer.Write(diff.Diff(shown, src, shown+" (formatted)", out)); err != nil {
			return different, err
		}
	case name == "-" && !quiet:
		_, err := c.App.Writer.Write(out)
		return different, err
	}
	if !different {
		return false, nil
	}
	tellChanged(c, shown)
	if quiet || name == "-" {
		return true, nil
	}
	return true, rewrite(name, out)
}

func tellChanged(c *cli.Context, name string) {
	if s := messages(c); s != nil {
		s.emit("formatted", levelInfo, name, struct {
			File string `json:"file"`
		}{name})
	} else if !c.Bool("diff") {
		fmt.Fprintln(c.App.Writer, name)
	}
}

// readText reads a file, or standard input for "-"; shown is its name in messages.
func readText(c *cli.Context, name string) (src []byte, shown string, err error) {
	if name == "-" {
		src, err = io.ReadAll(io.LimitReader(c.App.Reader, lang.MaxFileBytes+1))
		shown = "<stdin>"
	} else {
		src, err = os.ReadFile(name)
		shown = filepath.ToSlash(filepath.Clean(name))
	}
	if err != nil {
		return nil, shown, fmt.Errorf("formatting: %w", err)
	}
	return src, shown, nil
}

// rewrite replaces the content of a file whole or not at all; a link stays a link, and the file keeps its mode.
func rewrite(name string, text []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return fmt.Errorf("formatting: %w", err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("formatting: %w", err)
	}
	err = atomic.WriteFile(atomic.OS{}, name, func(w io.Writer) error { _, err := w.Write(text); return err })
	if err == nil {
		err = os.Chmod(name, info.Mode())
	}
	if err != nil {
		return fmt.Errorf("formatting: %w", err)
	}
	return nil
}
