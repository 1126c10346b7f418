package cmd

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"ssc/lang/schema"
)

var configCommand = &cli.Command{
	Name: "config", Usage: "print the pipeline with every final value", ArgsUsage: "FILE...",
	Description: "Prints the pipeline as one file: bases merged, overrides applied, expressions evaluated, defaults written out. It loads to the same values.",
	Flags:       pipelineFlags(&cli.BoolFlag{Name: "origin", Usage: "print each value with the file:line,col that it comes from"}),
	Action:      config,
}

func config(c *cli.Context) error {
	if err := needFiles(c); err != nil {
		return err
	}
	p, diags := loadFiles(c, c.Args().Slice())
	diags = append(diags, schema.Decode(tables.Root(), p.Root)...)
	if err := printDiags(c, p, diags); err != nil {
		return err
	}
	if s := messages(c); s != nil {
		for _, o := range schema.Origins(p.Root) {
			s.emit("value", levelInfo, o.Path+" = "+o.Value, o)
		}
		return s.err
	}
	if c.Bool("origin") {
		return printOrigins(c.App.Writer, schema.Origins(p.Root))
	}
	_, err := io.WriteString(c.App.Writer, schema.Text(p.Root))
	return err
}

func printOrigins(w io.Writer, list []schema.Origin) error {
	t := newTable(w)
	for _, o := range list {
		fmt.Fprintf(t, "%s\t= %s\t# %s\n", o.Path, o.Value, o.Origin)
	}
	return t.Flush()
}
