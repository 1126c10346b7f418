package cmd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/export"
	"ssc/runtime/train"
)

// exportForeign writes the backbone's weights for another program.
func exportForeign(c *cli.Context, n *train.Network, j *job, program export.Foreign) error {
	about, err := made(n, j)
	if err != nil {
		return err
	}
	list := export.Names(j.plan, n.Tensors, export.Backbone)
	if slices.ContainsFunc(list, func(t export.Named) bool { return strings.Contains(t.In, "backbone.") }) {
		return errors.New("the features are made with more than the backbone, which no other program has: leave -set export.layer out")
	}
	name := exportName(c, j, string(program)+program.Extension())
	backbone := about["ssc.backbone"]
	about["format"] = "pt"
	if err := program.Weights(n, list, backbone, positions(j.plan, n, list), about, name, atomic.OS{}); err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %d tensors of step %d for %s, %s", name, len(list), n.Step, program, bytesText(export.Size(name)))
	return exported(c, text, exportedFields{Files: []string{name}, Step: n.Step, Tensors: len(list)})
}

// positions are the fixed ones of a vision transformer, pos_embed [1, tokens, dim] with zeros for the class token: constants here, parameters in other programs.
func positions(p *plan.Plan, n *train.Network, list []export.Named) []safetensors.Tensor {
	at := slices.IndexFunc(list, func(t export.Named) bool { return t.In == "patch_embed.projection.weight" })
	if at < 0 || slices.ContainsFunc(list, func(t export.Named) bool { return t.In == "pos_embed" }) {
		return nil
	}
	patch := n.Tensor(list[at].Name).Dims() // [dim, channel, patch, patch]
	image := evaluatedDataset(p).Views[0].Image
	dim := patch[0]
	table := nn.SinCosPositions(image.Height/patch[2], image.Width/patch[3], dim)
	var data []byte
	tokens := table.Dims[1]
	if slices.ContainsFunc(list, func(t export.Named) bool { return t.In == "cls_token" }) {
		data = make([]byte, 4*dim)
		tokens++
	}
	for _, x := range table.Data {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(x)))
	}
	return []safetensors.Tensor{{Info: safetensors.Info{Name: "pos_embed", DType: "f32", Dims: []int{1, tokens, dim}}, Data: data}}
}
