package cmd

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var compileCommand = &cli.Command{
	Name: "compile", Usage: "compile a pipeline to a plan: plan.json and ONNX models; or a run to a TensorRT engine", ArgsUsage: "FILE... | RUN_DIR | CHECKPOINT [FILE...]",
	Description: "Writes the plan whole or not at all. An older plan in the folder is replaced; a folder that holds anything else is left alone. The same pipeline gives the same bytes. " +
		"-target tensorrt takes a run or a checkpoint: it makes of the extraction graph and the weights a strongly typed model, proves it on the CPU beside the run's graph, has it built, and writes ENGINE.json beside the engine, " +
		"which says what the engine is bound to. Pipeline files after the run are laid over its pipeline.",
	Flags: pipelineFlags(append([]cli.Flag{&cli.StringFlag{Name: "o", Usage: "write the plan into the folder, or the engine to the file, `PATH` (default: plan; export/encoder.plan in the run folder)"}, deviceFlag(),
		&cli.IntFlag{Name: "threads", Usage: "threads inside an operator while an engine's model is proved (default: one per physical core)"}}, engineFlags()...)...),
	Action: compile,
}

func compile(c *cli.Context) error {
	switch target := c.String("target"); target {
	case "tensorrt":
		return compileEngine(c)
	case "plan":
	default:
		return usage{fmt.Errorf("-target cannot be %q.%s", target, schema.DidYouMean(target, []string{"plan", "tensorrt"}))}
	}
	for _, f := range engineOnly {
		if c.IsSet(f) {
			return usage{fmt.Errorf("-%s belongs to -target tensorrt", f)}
		}
	}
	r, _, err := compilePipeline(c, false)
	if err != nil {
		return err
	}
	dir := cmp.Or(c.String("o"), "plan")
	if err := writePlan(dir, r); err != nil {
		return err
	}
	file := filepath.Join(dir, plan.File)
	if s := messages(c); s != nil {
		digest, err := r.Plan.Digest()
		if err != nil {
			return err
		}
		s.emit("compiled", levelInfo, "wrote "+file, struct {
			Plan   string `json:"plan"`
			SHA256 string `json:"sha256"` // of plan.json, which has those of the models
		}{file, digest})
		return s.err
	}
	_, err = fmt.Fprintln(c.App.Writer, file)
	return err
}

// deviceFlag is the flag of commands that compile.
func deviceFlag() cli.Flag {
	return &cli.StringFlag{Name: "device", Usage: "device to compile for: cpu, cuda, or cuda:1 for the second GPU (default: cpu)"}
}
