package export

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/naming"
	"ssc/runtime/checkpoint/pth"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/train"
)

// Foreign is a program that weights are written for: names, and the kind of file that it loads.
type Foreign string

// The programs. A .pth file holds nothing but tensors and texts, so that torch.load(weights_only=True) reads it.
const (
	Torchvision Foreign = "torchvision" // .pth: a state_dict
	Timm        Foreign = "timm"        // .safetensors
	MMSelfSup   Foreign = "mmselfsup"   // .pth: {"state_dict", "meta"}, as extract_backbone_weights.py writes it, for init_cfg of a backbone
	MMDet       Foreign = "mmdet"       // the same
)

// Foreigns are the programs, sorted.
var Foreigns = []string{string(MMDet), string(MMSelfSup), string(Timm), string(Torchvision)}

// Extension is that of the program's file.
func (f Foreign) Extension() string {
	if f == Timm {
		return ".safetensors"
	}
	return ".pth"
}

// Name is a parameter's name in the program, by that which a backbone gives it. Errors: a parameter that the program's network of that kind has not.
func (f Foreign) Name(backbone, name string) (string, error) {
	if backbone == "resnet" || f == MMSelfSup || f == MMDet { // torchvision's names are everybody's, and MMClassification's are MMSelfSup's
		return name, nil
	}
	if to, ok := naming.Theirs(string(f), name); ok && backbone == "vision_transformer" {
		return to, nil
	}
	return "", fmt.Errorf("%s has no parameter for %s of the backbone %s; -format safetensors writes it under the name that it has", f, name, backbone)
}

// Weights writes the backbone's parameters for another program. Extra tensors are constants of the network that the program keeps among its parameters. Errors: a network that the program does not
// have, and those of writing.
func (f Foreign) Weights(n *train.Network, list []Named, backbone string, extra []safetensors.Tensor, about map[string]string, name string, fs atomic.FS) error {
	out := slices.Clone(extra)
	for _, t := range list {
		x := n.Tensor(t.Name)
		out = append(out, safetensors.Tensor{Info: safetensors.Info{Name: t.In, DType: x.DType(), Dims: x.Dims()}, Data: x.Bytes()})
	}
	for i, t := range out {
		to, err := f.Name(backbone, t.Name)
		if err != nil {
			return err
		}
		out[i].Name = to
	}
	slices.SortFunc(out, func(a, b safetensors.Tensor) int { return strings.Compare(a.Name, b.Name) })
	write := func(w io.Writer) error { return safetensors.Write(w, out, about) }
	switch f {
	case Torchvision:
		write = func(w io.Writer) error { return pth.Write(w, out, nil) }
	case MMSelfSup, MMDet:
		write = func(w io.Writer) error { return pth.Write(w, out, about) }
	}
	if err := atomic.MkdirAll(fs, filepath.Dir(name)); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := atomic.WriteFile(fs, name, write); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
