package export

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ssc/runtime/checkpoint/atomic"
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

// renames of a vision transformer's parameters, which have MMClassification's names, in the order that they are tried.
var renames = map[Foreign][]struct {
	from *regexp.Regexp
	to   string
}{
	Timm: {
		{regexp.MustCompile(`^patch_embed\.projection\.`), "patch_embed.proj."},
		{regexp.MustCompile(`^layers\.(\d+)\.ln(\d)\.`), "blocks.$1.norm$2."},
		{regexp.MustCompile(`^layers\.(\d+)\.attn\.`), "blocks.$1.attn."},
		{regexp.MustCompile(`^layers\.(\d+)\.ffn\.layers\.0\.0\.`), "blocks.$1.mlp.fc1."},
		{regexp.MustCompile(`^layers\.(\d+)\.ffn\.layers\.1\.`), "blocks.$1.mlp.fc2."},
		{regexp.MustCompile(`^ln1\.`), "norm."},
		{regexp.MustCompile(`^(cls_token|pos_embed)$`), "$1"},
	},
	Torchvision: {
		{regexp.MustCompile(`^patch_embed\.projection\.`), "conv_proj."},
		{regexp.MustCompile(`^layers\.(\d+)\.ln(\d)\.`), "encoder.layers.encoder_layer_$1.ln_$2."},
		{regexp.MustCompile(`^layers\.(\d+)\.attn\.qkv\.`), "encoder.layers.encoder_layer_$1.self_attention.in_proj_"},
		{regexp.MustCompile(`^layers\.(\d+)\.attn\.proj\.`), "encoder.layers.encoder_layer_$1.self_attention.out_proj."},
		{regexp.MustCompile(`^layers\.(\d+)\.ffn\.layers\.0\.0\.`), "encoder.layers.encoder_layer_$1.mlp.0."},
		{regexp.MustCompile(`^layers\.(\d+)\.ffn\.layers\.1\.`), "encoder.layers.encoder_layer_$1.mlp.3."},
		{regexp.MustCompile(`^ln1\.`), "encoder.ln."},
		{regexp.MustCompile(`^cls_token$`), "class_token"},
		{regexp.MustCompile(`^pos_embed$`), "encoder.pos_embedding"},
	},
}

// Name is a parameter's name in the program, by that which a backbone gives it. Errors: a parameter that the program's network of that kind has not.
func (f Foreign) Name(backbone, name string) (string, error) {
	list, other := renames[f]
	switch {
	case backbone == "resnet" || !other: // torchvision's names are everybody's, and MMClassification's are MMSelfSup's
		return name, nil
	case backbone == "vision_transformer":
		for _, r := range list {
			if r.from.MatchString(name) {
				return r.from.ReplaceAllString(name, r.to), nil
			}
		}
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
