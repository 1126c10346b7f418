package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/onnx"
	"ssc/compiler/plan"
	"ssc/lang/schema"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/export"
	"ssc/runtime/train"
)

var exportCommand = &cli.Command{
	Name: "export", Usage: "write the trained network into one file for other programs", ArgsUsage: "RUN_DIR | CHECKPOINT [FILE...]",
	Description: "-format onnx joins the extraction graph and the weights: the input \"images\" is [batch, channel, height, width] of plain pixels, the normalisation is inside, the batch is free, and " +
		"metadata_props say what made it. Before the file gets its name it is run beside the plan's own graph on random and on real images; a difference beyond 1e-4 of the largest feature is a failure. " +
		"Weights of more than 2 GB go into a file beside it. -format safetensors writes weights with the names of torchvision and MMSelfSup; torchvision, timm, mmselfsup and mmdet write those of the backbone under the names, and in the kind of file, that the program loads: " +
		"a .pth file holds tensors and texts alone, so that torch.load(weights_only=True) reads it. -verify writes nothing: it runs an engine that ssc compile -target tensorrt built beside the run's own graph on the CPU. Nothing else in the run folder changes.",
	Flags: layerFlags(
		&cli.StringFlag{Name: "format", Value: "onnx", Usage: "onnx, safetensors, torchvision, timm, mmselfsup or mmdet"},
		&cli.StringFlag{Name: "o", Usage: "write to `FILE` (default: export/encoder.onnx, export/PART.safetensors or export/PROGRAM.pth in the run folder)"},
		&cli.StringFlag{Name: "input", Value: "float", Usage: "pixels that the model takes: float in [0,1] or uint8 in [0,255]"},
		&cli.BoolFlag{Name: "external-data", Usage: "put the weights of a model into a file beside it"},
		&cli.StringFlag{Name: "verify", Usage: "write nothing, but compare the engine in `FILE` with the run, in cosine and nearest neighbours"},
		&cli.StringFlag{Name: "part", Value: export.Backbone, Usage: "tensors of a safetensors file: backbone, or all with the names of the run"}),
	Action: exportRun,
}

func exportRun(c *cli.Context) error {
	for _, f := range []struct {
		name  string
		valid []string
	}{{"format", append([]string{"onnx", "safetensors"}, export.Foreigns...)}, {"input", []string{"float", "uint8"}}, {"part", []string{export.Backbone, export.All}}} {
		if v := c.String(f.name); !slices.Contains(f.valid, v) {
			return usage{fmt.Errorf("-%s cannot be %q.%s", f.name, v, schema.DidYouMean(v, f.valid))}
		}
	}
	format := c.String("format")
	for flag, of := range map[string]string{"part": "safetensors", "input": "onnx", "external-data": "onnx"} {
		if c.IsSet(flag) && format != of {
			return usage{fmt.Errorf("-%s belongs to -format %s", flag, of)}
		}
	}
	if c.IsSet("verify") && (c.IsSet("format") || c.IsSet("o")) {
		return usage{errors.New("-verify writes nothing, so it goes with neither -format nor -o")}
	}
	outliveReaders()
	n, j, err := openNetwork(c, nil)
	if err != nil {
		return err
	}
	defer n.Close()
	ctx, stop := untilSignal(c.Context, stops, talk(c))
	defer stop()
	if name := c.String("verify"); name != "" {
		return interrupted(ctx, verifyEngine(ctx, c, name, n, j))
	}
	if format == "safetensors" {
		return exportTensors(c, n, j)
	}
	if slices.Contains(export.Foreigns, format) {
		return exportForeign(c, n, j, export.Foreign(format))
	}
	return exportModel(ctx, c, n, j)
}

// exportName is the file to write.
func exportName(c *cli.Context, j *job, standard string) string {
	if name := c.String("o"); name != "" {
		return filepath.Clean(name)
	}
	return filepath.Join(j.dir, "export", standard)
}

// made says what an exported file was made of.
func made(n *train.Network, j *job) (map[string]string, error) {
	digest, err := j.trained.Digest()
	if err != nil {
		return nil, err
	}
	a := j.plan.Pipeline.Blocks[slices.IndexFunc(j.plan.Pipeline.Blocks, func(b plan.Component) bool { return b.Type == "algorithm" })]
	backbone := ""
	for _, b := range a.Blocks {
		if b.Type == "backbone" {
			backbone = b.Label
		}
	}
	return map[string]string{"ssc.version": Version, "ssc.pipeline": j.plan.Name, "ssc.plan": digest, "ssc.step": fmt.Sprint(n.Step), "ssc.algorithm": a.Label, "ssc.backbone": backbone}, nil
}

func exportTensors(c *cli.Context, n *train.Network, j *job) error {
	part := c.String("part")
	name := exportName(c, j, part+".safetensors")
	about, err := made(n, j)
	if err != nil {
		return err
	}
	about["format"] = "pt" // what readers of PyTorch's ask for
	list := export.Names(j.plan, n.Tensors, part)
	if err := export.Tensors(n, list, about, name, atomic.OS{}); err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %d tensors of step %d, %s", name, len(list), n.Step, bytesText(export.Size(name)))
	return exported(c, text, exportedFields{Files: []string{name}, Step: n.Step, Tensors: len(list)})
}

type exportedFields struct {
	Files   []string           `json:"files"`
	Step    int                `json:"step"`
	Tensors int                `json:"tensors"`
	Proof   []export.Agreement `json:"proof,omitempty"`

	Closeness []export.Closeness `json:"closeness,omitempty"` // of an engine
}

func exported(c *cli.Context, text string, f exportedFields) error {
	if s := messages(c); s != nil {
		s.emit("exported", levelInfo, text, f)
		return s.err
	}
	_, err := fmt.Fprintln(c.App.Writer, text)
	return err
}

// realImages is the number of a dataset's images that a model is proved on, randomImages that of random ones.
const realImages, randomImages = 64, 33

func exportModel(ctx context.Context, c *cli.Context, n *train.Network, j *job) error {
	name := exportName(c, j, "encoder.onnx")
	if filepath.Ext(name) != ".onnx" {
		return usage{errors.New("-o must end in .onnx")}
	}
	m, err := joined(c, n, j, filepath.Base(name))
	if err != nil {
		return err
	}
	checks := []export.Check{{Images: randomImages}}
	d := evaluatedDataset(j.plan)
	if err := n.OpenData(ctx, d.Name); err == nil {
		checks = append(checks, export.Check{Dataset: d.Name, Images: realImages})
	} else if ctx.Err() == nil {
		talk(c)("proved on random images alone, since dataset %q cannot be read: %s", d.Name, err)
	}
	proof, err := m.Write(ctx, n, name, checks, atomic.OS{})
	if err != nil {
		return interrupted(ctx, err)
	}
	f := exportedFields{Files: []string{name}, Step: n.Step, Tensors: len(j.plan.Graphs["extract"].Weights), Proof: proof}
	size := export.Size(name)
	if m.DataFile != "" {
		f.Files = append(f.Files, filepath.Join(filepath.Dir(name), m.DataFile))
		size += export.Size(f.Files[1])
	}
	text := fmt.Sprintf("%s: %s of weights and graph, of step %d", strings.Join(f.Files, ", "), bytesText(size), n.Step)
	for _, a := range proof {
		text += "\n" + a.String()
	}
	return exported(c, text+fmt.Sprintf("\nproved within %g of the largest feature", export.Bound), f)
}

// joined is the extraction graph with weights, normalisation and description.
func joined(c *cli.Context, n *train.Network, j *job, base string) (*export.Model, error) {
	d := evaluatedDataset(j.plan)
	m := &export.Model{Preparation: export.Preparation{Bytes: c.String("input") == "uint8"}, Pad: onnx.Padding}
	if t := normalisation(d.Views[0]); t != nil {
		m.Mean, m.Std = t.Floats("mean"), t.Floats("std")
	}
	about, err := made(n, j)
	if err != nil {
		return nil, err
	}
	describeUse(about, m.Preparation, d.Views[0], j.plan)
	g := j.plan.Graphs["extract"]
	weights, total := map[string][]byte{}, 0
	for _, name := range g.Weights {
		weights[name] = n.Tensor(name).Bytes()
		total += len(weights[name])
	}
	if c.Bool("external-data") || total+len(j.models["extract"]) > onnx.MaxModel {
		m.DataFile = base + ".data"
	}
	m.Bytes, m.Order, err = onnx.Join(j.models["extract"], onnx.Standalone{Input: g.Inputs[0].Name, Bytes: m.Preparation.Bytes, Mean: m.Mean, Std: m.Std,
		Weights: weights, DataFile: m.DataFile, Metadata: about})
	return m, err
}

// describeUse adds what a user of the model has to know.
func describeUse(about map[string]string, p export.Preparation, v plan.View, of *plan.Plan) {
	pixels := "float32 in [0,1]"
	if p.Bytes {
		pixels = "uint8 in [0,255]"
	}
	order := map[int]string{1: "grey", 3: "RGB"}[v.Image.Channels]
	about["input"] = strings.TrimSpace(fmt.Sprintf("[batch, channel=%d, height=%d, width=%d] %s, %s", v.Image.Channels, v.Image.Height, v.Image.Width, pixels, order))
	var steps []string
	for _, t := range v.Transforms {
		if t.Type == "normalize" {
			about["normalisation"] = fmt.Sprintf("inside: (x - %v) / %v", p.Mean, p.Std)
			continue
		}
		step := t.Type
		if size := t.Ints("size"); len(size) > 0 {
			step += fmt.Sprint(" ", size)
		}
		steps = append(steps, step)
	}
	about["preparation"] = "before the model: " + strings.Join(steps, ", ")
	for _, b := range of.Pipeline.Blocks {
		if b.Type == "export" {
			about["features"] = fmt.Sprintf("layer %s, pool_size %d", cmp.Or(b.Text("layer"), "last"), b.Int("pool_size"))
		}
	}
}
