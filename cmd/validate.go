package cmd

import (
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"

	"ssc/compiler"
	"ssc/lang/diag"
	"ssc/lang/schema"
)

var validateCommand = &cli.Command{
	Name: "validate", Usage: "check pipelines without opening their data", ArgsUsage: "FILE...",
	Description: "Builds the whole graph, so that shapes are checked too. Several files are checked one by one; `ssc plan BASE OVER` checks files laid over one another.",
	Flags:       pipelineFlags(&cli.StringFlag{Name: "error-format", Value: "text", Usage: "how diagnostics are printed: text, github or junit"}),
	Action:      validate,
}

// formats are the printers of diagnostics by the name that -error-format takes; text goes to standard error like all talk.
var formats = map[string]func(io.Writer, hcl.Diagnostics) error{"text": nil, "github": diag.GitHub, "junit": diag.JUnit}

func validate(c *cli.Context) error {
	print, ok := formats[c.String("error-format")]
	if !ok {
		return usage{fmt.Errorf("there is no error format %q.%s", c.String("error-format"), schema.DidYouMean(c.String("error-format"), []string{"text", "github", "junit"}))}
	}
	if err := needFiles(c); err != nil {
		return err
	}
	var found hcl.Diagnostics
	failed := false
	for _, file := range c.Args().Slice() {
		p, r, diags := compileFiles(c, []string{file}, false)
		found, failed = append(found, diags...), failed || diags.HasErrors()
		if print == nil {
			if err := printDiags(c, p, diags); err != nil && !diags.HasErrors() {
				return err
			}
			if r != nil {
				reportValid(c, file, r)
			}
		}
	}
	if print != nil {
		if err := print(c.App.Writer, found); err != nil {
			return err
		}
	}
	if failed {
		return exit{ExitDiag, ""}
	}
	return nil
}

func reportValid(c *cli.Context, file string, r *compiler.Result) {
	text := fmt.Sprintf("%s: valid (%s parameters, %s nodes)", file, count(r.Plan.Stats.Params), count(r.Plan.Stats.Nodes))
	if s := messages(c); s != nil {
		s.emit("valid", levelInfo, text, struct {
			File       string `json:"file"`
			Parameters int    `json:"parameters"`
			Nodes      int    `json:"nodes"`
		}{file, r.Plan.Stats.Params, r.Plan.Stats.Nodes})
		return
	}
	fmt.Fprintln(c.App.Writer, text)
}
