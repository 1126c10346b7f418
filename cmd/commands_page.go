package cmd

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// exitCodes is the table of the manual.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{ExitOK, "done"},
	{ExitDiag, "diagnostics, or refused before the first step: missing or damaged data, a folder that cannot be written or is in use; `fmt -check` and `docs -check` that found something"},
	{ExitUsage, "wrong command line; with `plan -detailed-exitcode`: there are changes"},
	{ExitStopped, "stopped by a signal (SIGINT, SIGTERM, SIGHUP): a run at a checkpoint, from where the same command goes on, any other command with nothing written"},
	{ExitFailed, "the run failed after it had begun"},
	{ExitBug, "a bug in ssc"},
	{128 + 2, "a second SIGINT"},
	{128 + 15, "a second SIGTERM"},
}

// commandsPage is the manual page on the command line.
func commandsPage(app *cli.App) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nResults go to standard output, talk and diagnostics to standard error. Flags may stand before or after file names; `-` is standard input.\n")
	b.WriteString("Colours and the progress bar appear on a terminal only: `NO_COLOR` and `SSC_NO_PROGRESS` turn them off, `FORCE_COLOR` turns colours on elsewhere, and `NO_COLOR` wins.\n")
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, e.meaning)
	}
	fmt.Fprintf(&b, "\n## JSON\n\nWith `-json` a command prints one object a line. Each has `@level`, `@message`, `@timestamp` and `type`; the first is of type `version` and its field `ui` (now %s) is the version of this output: "+
		"within the same major version, fields and types of message are only added, and a reader ignores those that it does not know.\n", uiVersion)
	for _, c := range app.Commands {
		if c.Name == "help" {
			continue
		}
		b.WriteString("\n" + commandEntry(c))
	}
	return b.String()
}

func commandEntry(c *cli.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n", c.Name, sentence(c.Usage))
	if c.Description != "" {
		fmt.Fprintf(&b, "%s\n", c.Description)
	}
	fmt.Fprintf(&b, "\n```text\n%s\n```\n", strings.TrimSpace("ssc "+c.Name+" "+c.ArgsUsage))
	rows := ""
	for _, f := range c.Flags {
		d, ok := f.(cli.DocGenerationFlag)
		if !ok || f.Names()[0] == "help" {
			continue
		}
		form, text := flagForm(f.Names()[0], d)
		rows += fmt.Sprintf("| `%s` | %s |\n", form, strings.ReplaceAll(text, "|", `\|`))
	}
	if rows != "" {
		b.WriteString("\n| flag | meaning |\n| --- | --- |\n" + rows)
	}
	return b.String()
}

// flagForm is a flag as it is written and what it means; the word in backquotes stands for its value.
func flagForm(name string, d cli.DocGenerationFlag) (form, text string) {
	form, text = "-"+name, d.GetUsage()
	if before, rest, ok := strings.Cut(text, "`"); ok {
		value, after, _ := strings.Cut(rest, "`")
		form, text = form+" "+value, before+value+after
	} else if d.TakesValue() {
		form += " VALUE"
	}
	if def := d.GetDefaultText(); def != "" && d.TakesValue() && def != "0" {
		text += fmt.Sprintf(" (default: %s)", def)
	}
	return form, text
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }
