package cmd

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"ssc/compiler/pass"
	"ssc/compiler/probe"
	"ssc/lang/schema"
)

const completionName = "completion"

var completionCommand = &cli.Command{
	Name: completionName, Usage: "print a completion script for a shell", ArgsUsage: "bash | zsh | fish",
	Description: "Completes commands, flags, the names of components and blocks, and the addresses that -set takes. In bash: source <(ssc completion bash)",
	Action:      completion,
}

//go:embed completion/*.tmpl
var completionFiles embed.FS

var shells = []string{"bash", "zsh", "fish"}

func completion(c *cli.Context) error {
	shell := c.Args().First()
	if !slices.Contains(shells, shell) || c.NArg() > 1 {
		return usage{fmt.Errorf("ssc completion needs the name of a shell: bash, zsh or fish")}
	}
	t, err := template.New(shell+".tmpl").Funcs(template.FuncMap{"join": func(l []string) string { return strings.Join(l, " ") }, "quote": quote, "choice": func(l []string) string { return strings.Join(l, " | ") }}).ParseFS(completionFiles, "completion/"+shell+".tmpl")
	if err != nil {
		return err
	}
	return t.Execute(c.App.Writer, completions(c.App))
}

// completionData is what the scripts are made of.
type completionData struct {
	Commands          []completedCommand
	Topics, Addresses []string
	Stages, Kinds     []string
	Probes            []string
	Pipelines, Paths  []string // commands that take pipeline files, and those that take folders or files of other kinds
}

type completedCommand struct {
	Name, Usage string
	Flags       []completedFlag
}

type completedFlag struct {
	Name, Usage string
	Value       bool
}

func completions(app *cli.App) completionData {
	d := completionData{Topics: topics(), Addresses: addresses(), Stages: append([]string{stageBuilt}, pass.Names()...), Kinds: skeletonKinds(), Probes: probe.Table.Names()}
	for _, c := range app.Commands {
		cc := completedCommand{Name: c.Name, Usage: c.Usage}
		switch {
		case c.ArgsUsage == "FILE..." || c.Name == fmtCommand.Name || c.Name == benchCommand.Name:
			d.Pipelines = append(d.Pipelines, c.Name)
		case c.ArgsUsage != "" && c.Name != explainCommand.Name && c.Name != completionName:
			d.Paths = append(d.Paths, c.Name)
		}
		for _, f := range c.Flags {
			if g, ok := f.(cli.DocGenerationFlag); ok {
				_, text := flagForm(f.Names()[0], g)
				cc.Flags = append(cc.Flags, completedFlag{f.Names()[0], text, g.TakesValue()})
			}
		}
		d.Commands = append(d.Commands, cc)
	}
	return d
}

// maxAddress bounds how deep addresses go: dataset.train.view.random_applied_trans.color_jitter.hue has six parts.
const maxAddress = 6

// addresses lists the arguments that -set can change, of all components that may stand at a place.
func addresses() []string {
	var out []string
	var walk func(prefix string, s *schema.Set, depth int)
	walk = func(prefix string, s *schema.Set, depth int) {
		for _, f := range s.Fields {
			out = append(out, prefix+f.Name+"=")
		}
		if depth == maxAddress {
			return
		}
		for _, ch := range s.Children {
			names := []string{"train"} // the one label of a dataset that every pipeline has
			if ch.Kind != nil {
				names = ch.Kind.Names()
			}
			for _, name := range names {
				path := ch.Type
				if ch.Type == "" {
					path = name
				} else if ch.Max != 1 && (ch.Kind != nil || ch.Labels) {
					path += "." + name
				}
				walk(prefix+path+".", schema.Of(ch.New(name)), depth+1)
			}
		}
	}
	walk("", schema.Of(tables.Root()), 1)
	slices.Sort(out)
	return slices.Compact(out)
}

// quote makes a text safe between single quotes in the shells.
func quote(text string) string { return strings.ReplaceAll(text, "'", `'\''`) }
