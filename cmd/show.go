package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
)

var showCommand = &cli.Command{
	Name: "show", Usage: "show what is in a plan, run, checkpoint, ONNX model or safetensors file", ArgsUsage: "PATH",
	Flags: []cli.Flag{jsonFlag()}, Action: show,
}

func show(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage{errors.New("ssc show needs one path: a plan, run or checkpoint folder, a .onnx or a .safetensors file")}
	}
	path := c.Args().First()
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("showing: %w", err)
	}
	switch ext := filepath.Ext(path); {
	case isDir(path):
		return showFolder(c, path)
	case ext == ".onnx":
		return showModel(c, path)
	case ext == ".safetensors":
		return showTensors(c, path)
	case ext == ".hcl":
		return fmt.Errorf("%s is a pipeline file: see it with ssc config %s or ssc plan %s", path, path, path)
	case filepath.Base(path) == plan.File:
		return showFolder(c, filepath.Dir(path))
	}
	return fmt.Errorf("%s is no plan, run, checkpoint, .onnx or .safetensors file", path)
}

func showFolder(c *cli.Context, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil {
		return showCheckpoint(c, dir)
	}
	p, err := readPlanFile(dir)
	if err != nil {
		return err
	}
	v := view{p: p}
	if s := messages(c); s != nil {
		v.emit(s, "")
		return s.err
	}
	if err := v.print(c.App.Writer, ""); err != nil {
		return err
	}
	if !isRun(dir) {
		return nil
	}
	return showRun(c.App.Writer, dir)
}

// showRun prints how far a run is, from its files alone: nothing is locked or loaded.
func showRun(w io.Writer, dir string) error {
	t := newTable(w)
	if names, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "[0-9]*")); len(names) > 0 { // the pattern is well formed
		for i := range names {
			names[i] = filepath.Base(names[i])
		}
		fmt.Fprintf(t, "\ncheckpoints\t%s\n", strings.Join(names, ", "))
	}
	last, err := lastLine(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		return err
	}
	if last != "" {
		fmt.Fprintf(t, "metrics\t%s\n", last)
	}
	return t.Flush()
}

// lastLine is the last line of a text file, empty when there is none.
func lastLine(name string) (string, error) {
	const most = 1 << 16 // a line of metrics has some hundred bytes
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("showing: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(max(0, size-most), io.SeekStart)
	}
	text, readErr := io.ReadAll(f)
	if err := errors.Join(err, readErr); err != nil {
		return "", fmt.Errorf("showing: %w", err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return lines[len(lines)-1], nil
}
