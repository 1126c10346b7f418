// Package export writes a trained network into files for other programs, and proves what it writes: the exported model is executed beside the plan's own graph, on random and on real images,
// before it gets its name.
//
// Neighbours: runtime/train opens the network; compiler/onnx, through the command, joins graph and weights.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/ort"
	"ssc/runtime/train"
)

// Preparation is what happens to the images inside the model.
type Preparation struct {
	Bytes     bool      // they are uint8 in [0,255]; else float32 in [0,1]
	Mean, Std []float64 // of each channel or one for all, in units of [0,1]; none: nothing
}

// Model is an exported model that is not written yet.
type Model struct {
	Bytes []byte
	Preparation
	// DataFile and Order are the file beside the model that holds the tensors of these names, each at the next multiple of what Pad makes; none without a file.
	DataFile string
	Order    []string
	Pad      func(end int64) int64
}

// Write proves the model against the network that it was made of and writes it to the file name. Without agreement nothing is left behind.
func (m *Model) Write(ctx context.Context, n *train.Network, name string, checks []Check, fs atomic.FS) (proof []Agreement, err error) {
	folder, stage := filepath.Dir(name), name+".proof"
	if err := atomic.MkdirAll(fs, folder); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	if m.DataFile != "" { // it stands elsewhere until it is proved, so that an earlier export is not lost to a failure
		defer func() { err = errors.Join(err, fs.RemoveAll(stage)) }()
		if err := atomic.MkdirAll(fs, stage); err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		if err := atomic.WriteFile(fs, filepath.Join(stage, m.DataFile), func(w io.Writer) error { return m.writeData(w, n) }); err != nil {
			return nil, fmt.Errorf("writing %s: %w", m.DataFile, err)
		}
	}
	if proof, err = m.prove(ctx, n, stage, checks); err != nil {
		return proof, fmt.Errorf("proving %s: %w", name, err)
	}
	if m.DataFile != "" {
		if err := fs.Rename(filepath.Join(stage, m.DataFile), filepath.Join(folder, m.DataFile)); err != nil {
			return proof, fmt.Errorf("writing %s: %w", m.DataFile, err)
		}
	}
	if err := atomic.WriteBytes(fs, name, m.Bytes); err != nil {
		return proof, fmt.Errorf("writing %s: %w", name, err)
	}
	return proof, nil
}

func (m *Model) writeData(w io.Writer, n *train.Network) error {
	var at int64
	for _, name := range m.Order {
		b := n.Tensor(name).Bytes()
		at += int64(len(b))
		pad := m.Pad(at)
		at += pad
		for _, part := range [][]byte{b, make([]byte, pad)} {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// session opens the exported model; its data file, if it has one, is in the folder.
func (m *Model) session(n *train.Network, folder string) (*ort.Session, error) {
	o := ort.SessionOptions{Threads: n.Threads, Provider: n.Plan.Target.Device, DisableMemPattern: true}
	if m.DataFile != "" {
		o.Config = map[string]string{"session.model_external_initializers_file_folder_path": folder}
	}
	return ort.NewSession(m.Bytes, o)
}

// Parts of a network.
const (
	Backbone = "backbone" // what the features are made with
	All      = "all"      // every parameter, buffer and teacher
)

// backboneScope ends the scope that the backbone's parameters have in a run.
const backboneScope = "backbone."

// Named is a tensor of the run and its name in a file.
type Named struct{ Name, In string }

// Names are the tensors of a part. Those of the backbone lose the scope that they have in the run, so that they are called as in torchvision and MMSelfSup.
func Names(p *plan.Plan, tensors []plan.State, part string) []Named {
	var out []Named
	if part == All {
		for _, t := range tensors {
			out = append(out, Named{t.Name, t.Name})
		}
		return out
	}
	weights := p.Graphs["extract"].Weights
	scope := ""
	if len(weights) > 0 {
		if i := strings.Index(weights[0], backboneScope); i >= 0 {
			scope = weights[0][:i+len(backboneScope)]
		}
	}
	for _, name := range weights {
		if !strings.HasPrefix(name, scope) { // features of more than the backbone: names stay
			scope = ""
		}
	}
	for _, name := range weights {
		out = append(out, Named{name, strings.TrimPrefix(name, scope)})
	}
	return out
}

// Tensors writes tensors of the network to a safetensors file.
func Tensors(n *train.Network, list []Named, metadata map[string]string, name string, fs atomic.FS) error {
	var out []safetensors.Tensor
	for _, t := range list {
		x := n.Tensor(t.Name)
		out = append(out, safetensors.Tensor{Info: safetensors.Info{Name: t.In, DType: x.DType(), Dims: x.Dims()}, Data: x.Bytes()})
	}
	if err := atomic.MkdirAll(fs, filepath.Dir(name)); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := atomic.WriteFile(fs, name, func(w io.Writer) error { return safetensors.Write(w, out, metadata) }); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// Size is the size of a file, for messages; 0 when it is not there.
func Size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}
