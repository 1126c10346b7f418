package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"

	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	engines "ssc/compiler/tensorrt"
	"ssc/lang"
	"ssc/lang/schema"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/export"
	"ssc/runtime/ort"
	"ssc/runtime/tensorrt"
	"ssc/runtime/train"
)

// precisions of an engine that are types of its products; the other is int8.
var precisions = map[string]ir.DType{"fp32": ir.Float32, "fp16": ir.Float16, "bf16": ir.BFloat16}

// engineFlags are those of compile -target tensorrt.
func engineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "target", Value: "plan", Usage: "plan, or tensorrt: an engine from a run or checkpoint"},
		&cli.StringFlag{Name: "builder", Value: "auto", Usage: "what builds the engine: auto, trtexec, ort, nvinfer, rtx; onnx writes the model that they read"},
		&cli.StringFlag{Name: "precision", Value: "fp16", Usage: "of the engine's products: fp32, fp16, bf16 or int8, which is calibrated on images of the run"},
		&cli.StringFlag{Name: "batch", Value: "1:64:256", Usage: "batch sizes that the engine takes, `MIN:OPT:MAX`; it is tuned for OPT"},
		&cli.IntFlag{Name: "calibrate", Value: 128, Usage: "images that int8 is calibrated on, evenly spread over the evaluated dataset"},
		&cli.IntFlag{Name: "level", Usage: "how long the builder searches, 0 to 5 (default: its own choice)"},
		&cli.IntFlag{Name: "workspace", Usage: "`MIB` of memory that a kernel may use (default: no bound)"},
	}
}

// engineOnly are the flags that only -target tensorrt has.
var engineOnly = []string{"builder", "precision", "batch", "calibrate", "level", "workspace", "threads"}

// engineJob is an engine in the making.
type engineJob struct {
	*job
	n         *train.Network
	precision string
	profile   tensorrt.Profile
	builder   tensorrt.Kind
	name      string
	prep      export.Preparation
	model     []byte // strongly typed
}

func compileEngine(c *cli.Context) error {
	e := &engineJob{precision: c.String("precision"), builder: tensorrt.Kind(c.String("builder"))}
	for _, f := range []struct {
		name  string
		valid []string
	}{{"precision", []string{"fp32", "fp16", "bf16", "int8"}}, {"builder", append(slices.Clone(tensorrt.Kinds), string(tensorrt.Model))}} {
		if v := c.String(f.name); !slices.Contains(f.valid, v) {
			return usage{fmt.Errorf("-%s cannot be %q.%s", f.name, v, schema.DidYouMean(v, f.valid))}
		}
	}
	var err error
	if e.profile, err = tensorrt.ParseProfile(c.String("batch")); err != nil {
		return usage{fmt.Errorf("-batch: %w", err)}
	}
	if c.IsSet("level") && (c.Int("level") < 0 || c.Int("level") > 5) {
		return usage{fmt.Errorf("-level is %d, want 0 to 5", c.Int("level"))}
	}
	if err := noneNegative(c, "workspace"); err != nil {
		return err
	}
	if n := c.Int("calibrate"); n < 1 || c.IsSet("calibrate") && e.precision != "int8" {
		return usage{fmt.Errorf("-calibrate %d: it takes 1 image or more, and belongs to -precision int8", n)}
	}
	if e.n, e.job, err = openNetwork(c, nil); err != nil {
		return err
	}
	defer e.n.Close()
	e.name = exportName(c, e.job, map[bool]string{true: "encoder." + e.precision + ".onnx", false: "encoder.plan"}[e.builder == tensorrt.Model])
	ctx, stop := untilSignal(c.Context, stops, talk(c))
	defer stop()
	return interrupted(ctx, e.compile(ctx, c))
}

// compile makes the model, proves it on the CPU, and has it built.
func (e *engineJob) compile(ctx context.Context, c *cli.Context) error {
	machine := tensorrt.Machine{}
	why := "the model itself is wanted"
	if e.builder != tensorrt.Model { // before anything takes time
		machine = look(ctx)
		var err error
		if e.builder, why, err = machine.Choose(e.builder); err != nil {
			return err
		}
	}
	talk(c)("builder %s: %s", e.builder, why)
	checks, err := engineChecks(ctx, c, e.n, e.job)
	if err != nil {
		return err
	}
	runnable, err := e.makeModel(ctx, c)
	if err != nil {
		return err
	}
	proof, err := e.prove(ctx, runnable, checks)
	if err != nil {
		return fmt.Errorf("the %s model of the engine: %w", e.precision, err)
	}
	for _, p := range proof {
		talk(c)("the model, on the CPU: %s", p)
	}
	built := tensorrt.Built{Engine: e.model}
	if e.builder != tensorrt.Model {
		if built, err = e.build(ctx, c, machine); err != nil {
			return err
		}
	}
	s, err := e.sidecar(built)
	if err != nil {
		return err
	}
	if err := tensorrt.Write(atomic.OS{}, e.name, built.Engine, s); err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %s, %s, batches %s, of step %d", e.name, bytesText(int64(len(built.Engine))), e.precision, e.profile, e.n.Step)
	return exported(c, text, exportedFields{Files: []string{e.name, tensorrt.SidecarOf(e.name)}, Step: e.n.Step, Tensors: len(e.plan.Graphs["extract"].Weights), Closeness: proof})
}

// look finds what builds and runs engines.
func look(ctx context.Context) tensorrt.Machine {
	providers, err := ort.Providers()
	return tensorrt.Look(ctx, providers, err)
}

// engineChecks are the images to compare on: those of the evaluated dataset, or random ones where they cannot be read.
func engineChecks(ctx context.Context, c *cli.Context, n *train.Network, j *job) ([]export.Check, error) {
	d := evaluatedDataset(j.plan)
	if err := n.OpenData(ctx, d.Name); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		talk(c)("compared on random images alone, since dataset %q cannot be read: %s", d.Name, err)
		return []export.Check{{Images: randomImages}}, nil
	}
	return []export.Check{{Dataset: d.Name, Images: realImages}}, nil
}

// makeModel makes the model of the engine, and the one that the CPU can run in its place.
func (e *engineJob) makeModel(ctx context.Context, c *cli.Context) (runnable []byte, err error) {
	d := evaluatedDataset(e.plan)
	if t := normalisation(d.Views[0]); t != nil {
		e.prep.Mean, e.prep.Std = t.Floats("mean"), t.Floats("std")
	}
	about, err := made(e.n, e.job)
	if err != nil {
		return nil, err
	}
	describeUse(about, e.prep, d.Views[0], e.plan)
	about["ssc.precision"] = e.precision
	graph := e.plan.Graphs["extract"]
	weights := map[string][]byte{}
	for _, name := range graph.Weights {
		weights[name] = e.n.Tensor(name).Bytes()
	}
	source := onnx.Standalone{Input: graph.Inputs[0].Name, Mean: e.prep.Mean, Std: e.prep.Std, Weights: weights}
	g, err := engines.Read(e.models["extract"], source, extractPlaces(e.job))
	if err != nil {
		return nil, err
	}
	if e.precision == "int8" {
		g, err = e.quantised(ctx, c, g)
	} else {
		g, err = engines.Typed(g, precisions[e.precision])
	}
	if err != nil {
		return nil, err
	}
	if diags := engines.Check(g); diags.HasErrors() {
		return nil, printDiags(c, &lang.Pipeline{Sources: e.sourcesOf(diags)}, diags)
	}
	o := engines.Options{Version: Version, Metadata: about}
	if e.model, err = engines.Emit(g, o); err != nil {
		return nil, err
	}
	if e.precision == "bf16" { // which the CPU has no convolution for
		return engines.Emit(engines.Emulated(g), o)
	}
	return e.model, nil
}

// quantised is the graph with 8-bit products, whose ranges are those of images of the evaluated dataset.
func (e *engineJob) quantised(ctx context.Context, c *cli.Context, g *ir.Graph) (*ir.Graph, error) {
	d := evaluatedDataset(e.plan)
	if err := e.n.OpenData(ctx, d.Name); err != nil {
		return nil, e.refused(c, err)
	}
	pixels, dims, err := e.n.Pixels(ctx, d.Name, c.Int("calibrate"))
	if err != nil {
		return nil, err
	}
	names := engines.Activations(g)
	observed, err := engines.Observed(g, names)
	if err != nil {
		return nil, err
	}
	model, err := engines.Emit(observed, engines.Options{Version: Version})
	if err != nil {
		return nil, err
	}
	ranges, err := tensorrt.Calibrate(ctx, model, e.n.Threads, pixels, dims)
	if err != nil {
		return nil, err
	}
	talk(c)("calibrated the ranges of %d activations on %s images of dataset %q", len(ranges), count(dims[0]), d.Name)
	return engines.Quantised(g, ranges)
}

// prove runs a model on the CPU beside the run's graph.
func (e *engineJob) prove(ctx context.Context, model []byte, checks []export.Check) ([]export.Closeness, error) {
	m, err := tensorrt.OpenModel(model, e.profile, e.n.Threads)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return export.Verify(ctx, e.n, e.prep, m, checks, export.Tolerances[e.precision])
}

// build has the engine built; what the builder says of a node is said of the line that the node was made for.
func (e *engineJob) build(ctx context.Context, c *cli.Context, machine tensorrt.Machine) (tensorrt.Built, error) {
	folder, err := os.MkdirTemp("", "ssc-engine-")
	if err != nil {
		return tensorrt.Built{}, fmt.Errorf("making a folder for the builder: %w", err)
	}
	defer os.RemoveAll(folder)
	in, level := e.plan.Graphs["extract"].Inputs[0], -1
	if c.IsSet("level") {
		level = c.Int("level")
	}
	b, err := machine.Build(ctx, e.builder, tensorrt.Request{Model: e.model, Input: in.Name, Image: [3]int(in.Dims[1:4]), Profile: e.profile, Level: level, Workspace: c.Int("workspace"),
		Folder: folder, Unwrap: engines.Unwrap})
	var f tensorrt.Failure
	if !errors.As(err, &f) {
		return b, err
	}
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Engine not built", Detail: fmt.Sprintf("%s says: %s", f.Kind, f.Text)}
	names, places, err := engines.Blame(e.model, f.Text)
	if err != nil {
		return b, err
	}
	if len(names) > 0 {
		d.Detail += "\nThat is of " + strings.Join(names[:min(len(names), 4)], ", ") + "."
	}
	if len(places) == 0 {
		return b, printDiags(c, &lang.Pipeline{}, hcl.Diagnostics{d})
	}
	at := rangeOf(places[0])
	d.Subject = &at
	for _, other := range places[1:min(len(places), 4)] {
		d.Detail += "\nSee also " + other + "."
	}
	sources := e.sourcesOf(hcl.Diagnostics{d})
	*d.Subject = header(at.Filename, at.Start.Line, at.Start.Column, sources)
	return b, printDiags(c, &lang.Pipeline{Sources: sources}, hcl.Diagnostics{d})
}

// rangeOf is the place that file:line,col names.
func rangeOf(text string) hcl.Range {
	for _, d := range refusals(text+": ", nil) {
		if d.Subject != nil {
			return *d.Subject
		}
	}
	return hcl.Range{}
}

// sourcesOf are the files that diagnostics speak of, where they are still there.
func (e *engineJob) sourcesOf(diags hcl.Diagnostics) map[string][]byte {
	out := map[string][]byte{}
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		name := d.Subject.Filename
		if b, ok := e.sources[name]; ok {
			out[name] = b
		} else if b, err := os.ReadFile(name); err == nil {
			out[name] = b
		}
	}
	return out
}

// extractPlaces are the places of the values of the extraction graph: the pipeline is compiled again. None when this ssc gives another graph than the plan's.
func extractPlaces(j *job) map[string]hcl.Range {
	r := recompiled(j.plan, "extract")
	if r == nil {
		return nil
	}
	out := map[string]hcl.Range{}
	for _, n := range r.Extract.Nodes {
		for _, v := range n.Out {
			out[v.Name] = n.Range
		}
	}
	return out
}
