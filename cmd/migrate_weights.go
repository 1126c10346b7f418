package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/pth"
	"ssc/runtime/checkpoint/safetensors"
)

// migrateWeights writes the weights in a file of PyTorch as safetensors.
func migrateWeights(c *cli.Context, args []string) error {
	if len(args) != 2 {
		return usage{errors.New("ssc migrate weights needs a file of PyTorch and a name, as in: ssc migrate weights epoch_200.pth epoch_200.safetensors")}
	}
	in, out := args[0], args[1]
	if _, err := os.Lstat(out); err == nil && !c.Bool("force") {
		return fmt.Errorf("%s is there already; -force replaces it", out)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing weights: %w", err)
	}
	w, err := readWeights(in)
	if err != nil {
		return fmt.Errorf("reading %s: %w", in, err)
	}
	err = atomic.WriteFile(atomic.OS{}, out, func(f io.Writer) error { return safetensors.Write(f, w.Tensors, nil) })
	if err != nil {
		return fmt.Errorf("writing weights: %w", err)
	}
	bytes := 0
	for _, t := range w.Tensors {
		bytes += len(t.Data)
	}
	text := fmt.Sprintf("%s: %s tensors, %s bytes", out, count(len(w.Tensors)), count(bytes))
	if len(w.Others) > 0 {
		text += "; left out: " + strings.Join(w.Others, ", ")
	}
	if s := messages(c); s != nil {
		s.emit("weights", levelInfo, text, struct {
			File    string   `json:"file"`
			Tensors int      `json:"tensors"`
			Bytes   int      `json:"bytes"`
			Others  []string `json:"left_out,omitempty"`
		}{out, len(w.Tensors), bytes, w.Others})
		return nil
	}
	fmt.Fprintln(c.App.Writer, text)
	return nil
}

func readWeights(name string) (*pth.Weights, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	return pth.Read(f, info.Size())
}
