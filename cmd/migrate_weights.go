package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
	keep, err := patterns(c.StringSlice("keep"))
	if err != nil {
		return usage{err}
	}
	all := len(w.Tensors)
	r := rename(w, keep)
	if len(r.unknown) > 0 {
		return r.refuse(in, all)
	}
	err = atomic.WriteFile(atomic.OS{}, out, func(f io.Writer) error { return safetensors.Write(f, w.Tensors, nil) })
	if err != nil {
		return fmt.Errorf("writing weights: %w", err)
	}
	size := 0
	for _, t := range w.Tensors {
		size += len(t.Data)
	}
	text := fmt.Sprintf("%s: %s of %s tensors, %s bytes", out, count(len(w.Tensors)), count(all), count(size))
	if r.renamed > 0 {
		text += fmt.Sprintf("; %s renamed as ssc has them", count(r.renamed))
	}
	if r.aliases > 0 {
		text += fmt.Sprintf("; %s were copies under other names", count(r.aliases))
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
		}{out, len(w.Tensors), r.renamed, size, w.Others})
		return nil
	}
	fmt.Fprintln(c.App.Writer, text)
	return nil
}

// renaming is what became of the tensors of a file.
type renaming struct {
	renamed, aliases int
	unknown          []string // of no network that ssc knows
}

// rename gives the tensors that are known ssc's names, but for those that keep theirs. One that stands under two names, as the encoder of MMSelfSup's methods does, is kept once; where two would have one name and differ, the
// later keeps its own.
func rename(w *pth.Weights, keep []*regexp.Regexp) (r renaming) {
	taken := map[string]safetensors.Tensor{}
	for _, t := range w.Tensors { // a name that is right is nobody else's
		if to, _ := naming.Ours(t.Name); to == t.Name {
			taken[to] = t
		}
	}
	var out []safetensors.Tensor
	for _, t := range w.Tensors {
		to, known := naming.Ours(t.Name)
		if slices.ContainsFunc(keep, func(p *regexp.Regexp) bool { return p.MatchString(t.Name) }) {
			to, known = t.Name, true
		}
		if !known {
			r.unknown = append(r.unknown, t.Name)
		}
		if other, twice := taken[to]; twice && to != t.Name {
			if slices.Equal(other.Dims, t.Dims) && bytes.Equal(other.Data, t.Data) {
				r.aliases++
				continue
			}
			to = t.Name
		}
		if to != t.Name {
			r.renamed++
		}
		t.Name = to
		taken[to] = t
		out = append(out, t)
	}
	w.Tensors = out
	return r
}

// refuse says which of so many tensors have no place in ssc, and how to have them left as they are.
func (r renaming) refuse(file string, all int) error {
	const shown = 8
	list := strings.Join(r.unknown[:min(shown, len(r.unknown))], ", ")
	if len(r.unknown) > shown {
		list += ", …"
	}
	part, _, _ := strings.Cut(r.unknown[0], ".")
	return fmt.Errorf("%s of %s tensors of %s are of no network that ssc knows: %s; give a pattern for those that are to stay as they are, such as -keep '^%s', or -keep . for all", count(len(r.unknown)), count(all), file, list,
		regexp.QuoteMeta(part))
}

func patterns(texts []string) (out []*regexp.Regexp, err error) {
	for _, text := range texts {
		p, err := regexp.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("-keep %q is no regular expression: %w", text, err)
		}
		out = append(out, p)
	}
	return out, nil
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
