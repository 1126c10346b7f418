package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/lang/schema"
	"ssc/runtime/train"
)

// afterFlags are those of the commands that work on a run after its training: what follows the training may be other than the run's plan has it.
func afterFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "set", Usage: "override an argument of what follows training: `path=value`, as in evaluate.knn.k=20 or export.pool_size=2"},
		&cli.IntFlag{Name: "threads", Usage: "threads inside an operator (default: one per physical core)"},
		&cli.IntFlag{Name: "workers", Usage: "threads that read images (default: one per processor)"},
		jsonFlag(),
	}, more...)
}

// layerFlags choose what the features are, in short for -set export.….
func layerFlags(more ...cli.Flag) []cli.Flag {
	return afterFlags(append([]cli.Flag{
		&cli.StringFlag{Name: "layer", Usage: "what features are taken from, `LAYER`: last, map0, map1, … or embedding (default: as the export block says)"},
		&cli.IntFlag{Name: "pool", Usage: "cells per side that the map is averaged to before it is flattened; 0 keeps the map (default: as the export block says)"},
	}, more...)...)
}

// layerSets are the overrides that the layer flags stand for.
func layerSets(c *cli.Context) (sets []string, err error) {
	if c.IsSet("pool") {
		if err := noneNegative(c, "pool"); err != nil {
			return nil, err
		}
		sets = append(sets, fmt.Sprintf("export.pool_size=%d", c.Int("pool")))
	}
	if c.IsSet("layer") {
		sets = append(sets, "export.layer="+schema.Literal(c.String("layer")))
	}
	return sets, nil
}

// runOf tells which run folder, and which step in it, the path of a run or of a checkpoint means; step -1 is the newest.
func runOf(path string) (dir string, step int, err error) {
	path = filepath.Clean(path)
	if at, bad := strconv.Atoi(filepath.Base(path)); bad == nil && filepath.Base(filepath.Dir(path)) == "checkpoints" {
		dir, step = filepath.Dir(filepath.Dir(path)), at
	} else {
		dir, step = path, -1
	}
	if _, err := os.Stat(path); err != nil {
		return "", 0, fmt.Errorf("opening the run: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoints")); err != nil && !isRun(dir) {
		if _, err := readPlanFile(dir); err != nil {
			return "", 0, err
		}
		return "", 0, fmt.Errorf("%s is a plan, not a run: train first with ssc run %s", dir, dir)
	}
	return dir, step, nil
}

// changes are what a command lays over the pipeline of a run.
type changes struct {
	files, sets []string
	blocks      []plan.Component // further blocks, under the files
}

// changedJob is the job of a run with the changes laid over its pipeline, which is compiled again. They may concern what follows training only.
func changedJob(c *cli.Context, dir string, ch changes) (*job, error) {
	p, models, err := readPlan(dir)
	if err != nil {
		return nil, err
	}
	if len(ch.files)+len(ch.sets)+len(ch.blocks) == 0 {
		return &job{plan: p, models: models, dir: dir, trained: p}, nil
	}
	was, _, err := recompile(c, dir, p, changes{})
	if err != nil {
		return nil, err
	}
	j, source, err := recompile(c, dir, p, ch)
	if err != nil {
		return nil, err
	}
	if d := plan.TrainingDifferences(was.plan, j.plan); d != "" {
		return nil, fmt.Errorf("these changes make another training than that of %s:%s\nOnly evaluate, monitor and export blocks, and datasets other than \"train\", can be other than the run's", dir, d)
	}
	if err := printDiags(c, source, j.warnings); err != nil {
		return nil, err
	}
	if d := plan.TrainingDifferences(&plan.Plan{Seed: p.Seed, State: p.State}, &plan.Plan{Seed: j.plan.Seed, State: j.plan.State}); d != "" {
		return nil, fmt.Errorf("the pipeline of %s, compiled by this ssc %s, has other weights than ssc %s gave it: use that version", dir, Version, p.Compiler)
	}
	j.trained = p
	return j, nil
}

// recompile compiles the pipeline of a plan for the plan's target. In diagnostics it has the run's folder in angle brackets for its name.
func recompile(c *cli.Context, dir string, p *plan.Plan, ch changes) (*job, *lang.Pipeline, error) {
	whole := p.Pipeline
	whole.Blocks = append(slices.Clone(whole.Blocks), ch.blocks...)
	b, err := schema.Rebuild(tables.Root(), whole.Spec())
	if err != nil {
		return nil, nil, fmt.Errorf("the pipeline of %s: %w", dir, err)
	}
	base := filepath.Clean("<" + dir + ">")
	source, diags := lang.Load(append([]string{base}, ch.files...), lang.Options{Sets: ch.sets, Stdin: c.App.Reader, Root: tables.Root, Command: "ssc " + c.Command.Name,
		ReadFile: func(name string) ([]byte, error) {
			if name == base {
				return []byte(schema.Text(b)), nil
			}
			return lang.ReadFile(name)
		}})
	if source.Root == nil {
		return nil, nil, printDiags(c, source, diags)
	}
	r, more := compiler.Compile(source.Root, tables, compiler.Options{Device: p.Target.Device, Version: Version, Name: p.Name, Kernels: p.Target.Kernels})
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, nil, printDiags(c, source, diags)
	}
	j := &job{plan: r.Plan, models: map[string][]byte{}, dir: dir, sources: source.Sources, warnings: diags}
	for name, g := range r.Plan.Graphs {
		j.models[name] = r.Files[g.File]
	}
	return j, source, nil
}

// openNetwork opens the run or checkpoint that the command line names first; the files after it are laid over the run's pipeline.
func openNetwork(c *cli.Context, blocks func(*plan.Plan) ([]plan.Component, error)) (*train.Network, *job, error) {
	if c.NArg() == 0 {
		return nil, nil, usage{fmt.Errorf("ssc %s needs a run folder or a checkpoint, as in: ssc %s runs/simclr", c.Command.Name, c.Command.Name)}
	}
	if err := noneNegative(c, "threads", "workers"); err != nil {
		return nil, nil, err
	}
	dir, step, err := runOf(c.Args().First())
	if err != nil {
		return nil, nil, err
	}
	ch := changes{files: c.Args().Tail(), sets: c.StringSlice("set")}
	more, err := layerSets(c)
	if err != nil {
		return nil, nil, err
	}
	ch.sets = append(ch.sets, more...)
	if blocks != nil {
		p, err := readPlanFile(dir)
		if err != nil {
			return nil, nil, err
		}
		if ch.blocks, err = blocks(p); err != nil {
			return nil, nil, err
		}
	}
	j, err := changedJob(c, dir, ch)
	if err != nil {
		return nil, nil, err
	}
	n, err := train.OpenNetwork(j.plan, j.models, step, train.Options{Dir: dir, Threads: c.Int("threads"), Workers: c.Int("workers")})
	if err != nil {
		return nil, nil, j.refused(c, err)
	}
	return n, j, nil
}

// refused prints a refusal of the runtime at the lines that it is about; other errors pass.
func (j *job) refused(c *cli.Context, err error) error {
	var r train.Refused
	if !errors.As(err, &r) {
		return err
	}
	return printDiags(c, &lang.Pipeline{Sources: j.sources}, refusals(err.Error(), j.sources))
}

// evaluatedDataset is the dataset whose images a plan's inference graphs are made for: the first that is not trained on, else "train".
func evaluatedDataset(p *plan.Plan) *plan.Dataset {
	for i := range p.Datasets {
		if p.Datasets[i].Name != "train" {
			return &p.Datasets[i]
		}
	}
	return p.Dataset("train")
}
