package cmd

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
)

var compileCommand = &cli.Command{
	Name: "compile", Usage: "compile a pipeline to a plan: plan.json and ONNX models", ArgsUsage: "FILE...",
	Description: "Writes the plan whole or not at all. An older plan in the folder is replaced; a folder that holds anything else is left alone. The same pipeline gives the same bytes.",
	Flags:       pipelineFlags(&cli.StringFlag{Name: "o", Usage: "write the plan into the folder `DIR`", Value: "plan"}, deviceFlag()),
	Action:      compile,
}

func compile(c *cli.Context) error {
	r, _, err := compilePipeline(c, false)
	if err != nil {
		return err
	}
	dir := c.String("o")
	if err := writePlan(dir, r); err != nil {
		return err
	}
	digest, err := r.Plan.Digest()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, plan.File)
	if s := messages(c); s != nil {
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
