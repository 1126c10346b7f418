package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"

	engines "ssc/compiler/tensorrt"
	"ssc/lang"
	"ssc/runtime/export"
	"ssc/runtime/tensorrt"
	"ssc/runtime/train"
)

// sidecar says what the engine is bound to.
func (e *engineJob) sidecar(b tensorrt.Built) (tensorrt.Sidecar, error) {
	w, err := wantedOf(e.n, e.job)
	if err != nil {
		return tensorrt.Sidecar{}, err
	}
	g := e.plan.Graphs["extract"]
	return tensorrt.Sidecar{Compiler: Version, Builder: e.builder, TensorRT: b.Version, GPU: b.GPU, Precision: e.precision, Profile: e.profile, Input: g.Inputs[0], Output: g.Outputs[0],
		Model: tensorrt.Digest(e.model), Graph: w.Graph, Plan: w.Plan, Run: e.plan.Name, Step: e.n.Step, Weights: w.Weights}, nil
}

// wantedOf is what an engine of the network is made of.
func wantedOf(n *train.Network, j *job) (w tensorrt.Wanted, err error) {
	w.Graph, w.Step = j.plan.Graphs["extract"].SHA256, n.Step
	if w.Plan, err = j.trained.Digest(); err != nil {
		return w, err
	}
	manifest, err := os.ReadFile(filepath.Join(n.Path, "manifest.json"))
	if err != nil {
		return w, fmt.Errorf("reading the checkpoint: %w", err)
	}
	w.Weights = tensorrt.Digest(manifest)
	return w, nil
}

// openEngine opens an engine for a network, for -engine and -verify.
func openEngine(ctx context.Context, c *cli.Context, name string, n *train.Network, j *job) (*tensorrt.Engine, error) {
	w, err := wantedOf(n, j)
	if err != nil {
		return nil, err
	}
	e, err := tensorrt.Open(ctx, name, look(ctx), tensorrt.OpenOptions{Wanted: w, Threads: n.Threads, Wrap: func(engine []byte, s tensorrt.Sidecar) ([]byte, error) {
		return engines.Wrap(engine, s.Input.Name, s.Input.Dims, s.Output.Name, s.Output.Dims)
	}})
	var m tensorrt.Mismatch
	if !errors.As(err, &m) {
		return e, err
	}
	at := hcl.Range{Filename: m.File, Start: hcl.Pos{Line: m.Line, Column: 1}, End: hcl.Pos{Line: m.Line, Column: 1}}
	return nil, printDiags(c, &lang.Pipeline{}, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: m.Summary, Detail: m.Found, Subject: &at}})
}

// useEngine lets the network's features come from the engine of -engine, if there is one; the function closes it.
func useEngine(ctx context.Context, c *cli.Context, n *train.Network, j *job) (func(), error) {
	name := c.String("engine")
	if name == "" {
		return func() {}, nil
	}
	e, err := openEngine(ctx, c, name, n, j)
	if err != nil {
		return nil, err
	}
	n.Engine = e
	return e.Close, nil
}

// verifyEngine compares an engine with the run's graph on the CPU.
func verifyEngine(ctx context.Context, c *cli.Context, name string, n *train.Network, j *job) error {
	e, err := openEngine(ctx, c, name, n, j)
	if err != nil {
		return err
	}
	defer e.Close()
	checks, err := engineChecks(ctx, c, n, j)
	if err != nil {
		return err
	}
	var p export.Preparation
	if t := normalisation(evaluatedDataset(j.plan).Views[0]); t != nil {
		p.Mean, p.Std = t.Floats("mean"), t.Floats("std")
	}
	t := export.Tolerances[e.Precision]
	found, err := export.Verify(ctx, n, p, e, checks, t)
	if err != nil {
		return fmt.Errorf("%s, %s by %s: %w", name, e.Precision, e.Builder, err)
	}
	text := fmt.Sprintf("%s: %s by %s, of step %d", name, e.Precision, e.Builder, n.Step)
	for _, f := range found {
		text += "\n" + f.String()
	}
	text += fmt.Sprintf("\nverified: a cosine of %g, and %g %% of the nearest neighbours, are wanted", t.Cosine, 100*t.Neighbours)
	return exported(c, text, exportedFields{Files: []string{name}, Step: n.Step, Tensors: len(j.plan.Graphs["extract"].Weights), Closeness: found})
}
