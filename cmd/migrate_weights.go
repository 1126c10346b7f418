package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/naming"
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
	renamed, aliases := 0, 0
	if !c.Bool("keep-names") {
		renamed, aliases = rename(w)
	}
	err = atomic.WriteFile(atomic.OS{}, out, func(f io.Writer) error { return safetensors.Write(f, w.Tensors, nil) })
	if err != nil {
		return fmt.Errorf("writing weights: %w", err)
	}
	size := 0
	for _, t := range w.Tensors {
		size += len(t.Data)
	}
	text := fmt.Sprintf("%s: %s tensors, %s bytes", out, count(len(w.Tensors)), count(size))
	if renamed > 0 {
		text += fmt.Sprintf("; %s renamed as ssc has them", count(renamed))
	}
	if aliases > 0 {
		text += fmt.Sprintf("; %s more were copies under other names", count(aliases))
	}
	if len(w.Others) > 0 {
		text += "; left out: " + strings.Join(w.Others, ", ")
	}
	if s := messages(c); s != nil {
		s.emit("weights", levelInfo, text, struct {
			File    string   `json:"file"`
			Tensors int      `json:"tensors"`
			Renamed int      `json:"renamed"`
			Bytes   int      `json:"bytes"`
			Others  []string `json:"left_out,omitempty"`
		}{out, len(w.Tensors), renamed, size, w.Others})
		return nil
	}
	fmt.Fprintln(c.App.Writer, text)
	return nil
}

// rename gives the tensors that are known ssc's names and counts those that had another. One that stands under two names, as the encoder of MMSelfSup's methods does, is kept once; where two would have one name and differ, the
// later keeps its own.
func rename(w *pth.Weights) (renamed, aliases int) {
	taken := map[string]safetensors.Tensor{}
	for _, t := range w.Tensors { // a name that is right is nobody else's
		if to, _ := naming.Ours(t.Name); to == t.Name {
			taken[to] = t
		}
	}
	var out []safetensors.Tensor
	for _, t := range w.Tensors {
		to, _ := naming.Ours(t.Name)
		if other, twice := taken[to]; twice && to != t.Name {
			if slices.Equal(other.Dims, t.Dims) && bytes.Equal(other.Data, t.Data) {
				aliases++
				continue
			}
			to = t.Name
		}
		if to != t.Name {
			renamed++
		}
		t.Name = to
		taken[to] = t
		out = append(out, t)
	}
	w.Tensors = out
	return renamed, aliases
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
	if filepath.Ext(name) == ".safetensors" {
		return readSafetensors(f, info.Size())
	}
	return pth.Read(f, info.Size())
}

// readSafetensors reads a file that needs no more than other names.
func readSafetensors(f io.Reader, size int64) (*pth.Weights, error) {
	r, err := safetensors.NewReader(f, size)
	if err != nil {
		return nil, err
	}
	w := &pth.Weights{}
	for {
		var t safetensors.Tensor
		err := r.Next(func(info safetensors.Info) ([]byte, error) {
			t.Info, t.Data = info, make([]byte, info.Size())
			return t.Data, nil
		})
		if err == io.EOF {
			return w, nil
		}
		if err != nil {
			return nil, err
		}
		t.Name = strings.TrimPrefix(t.Name, "module.")
		w.Tensors = append(w.Tensors, t)
	}
}
