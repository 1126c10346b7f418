package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

var validateCommand = &cli.Command{
	Name: "validate", Usage: "check a pipeline without opening its data", ArgsUsage: "FILE...",
	Flags: pipelineFlags(), Action: validate,
}

// validate builds the whole graph, so that shapes are checked too.
func validate(c *cli.Context) error {
	r, p, err := compilePipeline(c)
	if err != nil {
		return err
	}
	if !c.Bool("json") {
		fmt.Fprintf(c.App.Writer, "%s: valid (%d parameters, %d nodes)\n", p.Name, r.Plan.Stats.Params, r.Plan.Stats.Nodes)
	}
	return nil
}
