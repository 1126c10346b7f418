package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli/v2"

	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
)

// tensorRow is a tensor of a file.
type tensorRow struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Dims  []int  `json:"dims"`
	File  string `json:"file"`
}

// showCheckpoint verifies a checkpoint and lists its tensors.
func showCheckpoint(c *cli.Context, dir string) error {
	dir = filepath.Clean(dir)
	step, err := strconv.Atoi(filepath.Base(dir))
	if err != nil {
		return fmt.Errorf("%s has the manifest of a checkpoint, but its name is no step", dir)
	}
	ck, err := checkpoint.Open(filepath.Dir(dir), 0).Load(step)
	if err != nil {
		return err
	}
	var loop json.RawMessage
	if err := ck.Loop(&loop); err != nil {
		return err
	}
	if s := messages(c); s != nil {
		s.emit("checkpoint", levelInfo, fmt.Sprintf("checkpoint of step %d", step), struct {
			Step int             `json:"step"`
			Loop json.RawMessage `json:"loop"`
		}{step, loop})
	} else {
		fmt.Fprintf(c.App.Writer, "step   %d\nloop   %s\nfiles  unharmed\n\n", step, oneLine(loop))
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.safetensors")) // the pattern is well formed
	return listTensors(c, files)
}

func oneLine(text json.RawMessage) string {
	var v map[string]any
	if json.Unmarshal(text, &v) != nil {
		return string(text)
	}
	b, err := encode(v)
	if err != nil {
		return string(text)
	}
	return string(b)
}

func showTensors(c *cli.Context, path string) error { return listTensors(c, []string{path}) }

// listTensors prints what safetensors files hold, by their headers.
func listTensors(c *cli.Context, files []string) error {
	var rows []tensorRow
	for _, f := range files {
		list, err := tensorsOf(f)
		if err != nil {
			return err
		}
		rows = append(rows, list...)
	}
	total, bytes := int64(0), int64(0)
	for _, r := range rows {
		n := elements(r.Dims)
		total, bytes = total+n, bytes+n*int64(dtypeBytes(r.DType))
	}
	if s := messages(c); s != nil {
		for _, r := range rows {
			s.emit("tensor", levelInfo, r.Name+" "+dims(r.Dims), r)
		}
		return s.err
	}
	t := newTable(c.App.Writer)
	fmt.Fprintln(t, "tensor\tshape\ttype\tfile")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, dims(r.Dims), r.DType, r.File)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.App.Writer, "\n%d tensors, %s elements, %s\n", len(rows), count(total), bytesText(bytes))
	return err
}

func tensorsOf(name string) ([]tensorRow, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("showing: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("showing: %w", err)
	}
	r, err := safetensors.NewReader(f, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var rows []tensorRow
	for _, t := range r.Tensors() {
		rows = append(rows, tensorRow{t.Name, t.DType, t.Dims, filepath.Base(name)})
	}
	return rows, nil
}
