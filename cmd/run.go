package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/runtime/profile"
	"ssc/runtime/train"
)

var runCommand = &cli.Command{
	Name: "run", Usage: "train, from where the run folder stands, and evaluate", ArgsUsage: "FILE... | PLAN_DIR | RUN_DIR",
	Description: "A pipeline file is compiled first. The run folder keeps the plan, checkpoints, metrics.jsonl, train.log and report.html; an interrupted run goes on exactly where its last checkpoint stands, " +
		"a finished one is only evaluated. Ctrl-C (or SIGTERM, SIGHUP) finishes the step, saves and exits with code 3; a second one exits at once.",
	Flags: pipelineFlags(
		&cli.StringFlag{Name: "run", Usage: "the run folder `DIR` (default: runs/NAME, after the pipeline)"},
		&cli.IntFlag{Name: "steps", Usage: "stop after `N` steps in all, without evaluating; 0 saves the initial weights, such as those that init_from names, for ssc evaluate"},
		&cli.BoolFlag{Name: "dry-run", Usage: "make a few real steps of each stage in a folder of its own, which is removed, and say what the run takes in time, memory and disk"},
		&cli.BoolFlag{Name: "profile", Usage: fmt.Sprintf("time %d steps, after %d to warm up: by function and by block of the pipeline, with profile.trace.json in the run folder", profile.Steps, profile.Warmup)},
		deviceFlag(),
		&cli.IntFlag{Name: "threads", Usage: "threads inside an operator (default: one per physical core)"},
		&cli.IntFlag{Name: "workers", Usage: "threads that make views (default: as the loader block says)"},
		&cli.StringSliceFlag{Name: "accept", Usage: "go on although `WHAT` has changed since the run was saved: data"},
		&cli.BoolFlag{Name: "strict", Usage: "do not go on from an older checkpoint when the newest is damaged"},
		&cli.BoolFlag{Name: "force", Usage: "begin although a step is predicted to need more memory than there is"}),
	Action: run,
}

func run(c *cli.Context) error {
	if err := noneNegative(c, "steps", "threads", "workers"); err != nil {
		return err
	}
	if c.Bool("dry-run") && c.Bool("profile") {
		return usage{errors.New("-profile times the steps of a run, and -dry-run makes no run: give one of them")}
	}
	outliveReaders()
	j, err := planned(c)
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return dryRun(c, j, train.Options{Dir: j.dir, Threads: c.Int("threads"), Workers: c.Int("workers"), Steps: c.Int("steps")})
	}
	rep := newReporter(c, j.dir, j.sources)
	defer rep.close()
	ctx, stop := untilSignal(c.Context, saves, rep.Note)
	defer stop()
	rep.begin(j.plan)
	rep.diagnose("warning", j.warnings)
	o := train.Options{Dir: j.dir, Threads: c.Int("threads"), Workers: c.Int("workers"), Steps: c.Int("steps"), Initial: c.IsSet("steps") && c.Int("steps") == 0, Report: rep, Track: newTracker(c),
		Accept: c.StringSlice("accept"), Strict: c.Bool("strict"), Force: c.Bool("force")}
	if c.Bool("profile") {
		o.Profile = newProfile(j, rep, o.Threads)
	}
	err = train.Run(ctx, j.plan, j.models, o)
	rep.endBar()
	if err != nil {
		if errors.Is(err, train.ErrStopped) && ctx.Err() == nil {
			rep.Note("stopped after step %d, as -steps says; go on with: %s", o.Steps, rep.again)
			return nil
		}
		return rep.ended(err)
	}
	rep.openLog()
	if o.Steps > 0 || o.Initial {
		rep.Note("the training in %s is complete; -steps leaves evaluating to: ssc evaluate %s", j.dir, j.dir)
		return nil
	}
	if !rep.trained() {
		rep.Note("the training in %s is complete: evaluating only", j.dir)
	}
	return rep.ended(rep.evaluate(ctx, j, o))
}

// job is a plan to run, and where.
type job struct {
	plan   *plan.Plan
	models map[string][]byte
	dir    string // the run folder
	// sources are the texts of the pipeline, when it was compiled here, for messages that show a line.
	sources  map[string][]byte
	warnings hcl.Diagnostics // of the compilation
	trained  *plan.Plan      // of the run folder, when blocks of another plan are carried out there
}

// planned reads or makes the plan that the command line names.
func planned(c *cli.Context) (j *job, err error) {
	if args := c.Args().Slice(); len(args) == 1 && isDir(args[0]) {
		j, err = readJob(c, args[0])
	} else {
		j, err = compileJob(c)
	}
	if err == nil && c.String("run") != "" {
		j.dir = c.String("run")
	}
	return j, err
}

// readJob takes up a plan folder, or a run folder, which is its own plan.
func readJob(c *cli.Context, dir string) (*job, error) {
	for _, name := range []string{"var", "var-file", "set"} {
		if c.IsSet(name) {
			return nil, usage{fmt.Errorf("-%s changes a pipeline file, but %s holds a compiled plan", name, dir)}
		}
	}
	p, models, err := readPlan(dir)
	if err != nil {
		return nil, err
	}
	if d := c.String("device"); d != "" && d != p.Target.Device {
		return nil, fmt.Errorf("the plan in %s was compiled for %s: compile the pipeline again with -device %s", dir, p.Target.Device, d)
	}
	j := &job{plan: p, models: models, dir: runDir(p)}
	if isRun(dir) {
		j.dir = dir
	}
	return j, nil
}

func compileJob(c *cli.Context) (*job, error) {
	r, p, warnings, err := compileNamed(c, false)
	if err != nil {
		return nil, err
	}
	j := &job{plan: r.Plan, models: map[string][]byte{}, dir: runDir(r.Plan), sources: p.Sources, warnings: warnings}
	for name, g := range r.Plan.Graphs {
		j.models[name] = r.Files[g.File]
	}
	return j, nil
}

// runDir is the run folder of a plan whose user names none. A pipeline's name is free text: what could lead out of runs/ becomes a dash.
func runDir(p *plan.Plan) string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' {
			return '-'
		}
		return r
	}, p.Name)
	if strings.Trim(name, ".") == "" {
		name = "pipeline"
	}
	return filepath.Join("runs", name)
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// isRun reports whether a folder is a run's: one has locked it.
func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "lock"))
	return err == nil
}
