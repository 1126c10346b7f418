package migrate

import (
	"fmt"
	"strings"
)

// Manual is the page on what has another name, another default or no counterpart in ssc, in Markdown, printed from the tables that convert.
func Manual() string {
	var b strings.Builder
	b.WriteString("# migrate\n\nWhat `ssc migrate` knows. [Migrating](../migrating.md) is the guide.\n\n## Types\n\n" +
		"A type that is not here is found by its name (`SimCLR` is `simclr`, `NonLinearNeck` is `nonlinear`) or by what the manual of a component shows under \"In MMSelfSup\".\n\n" +
		"| type upstream | in ssc | what else changes |\n| --- | --- | --- |\n")
	for _, r := range typeRules {
		row(&b, "`"+r.from+"`", r.kind+" `"+r.to+"`", r.why)
	}
	b.WriteString("\n## Arguments\n\nArguments of the same name are not listed. Where a value stands in the third column, only that value may be left out; another one is left to you.\n\n" +
		"| component | argument upstream | in ssc | why |\n| --- | --- | --- | --- |\n")
	for _, r := range argRules {
		to := "–"
		switch {
		case r.to != "":
			to = "`" + r.to + "`"
		case r.only != "":
			to = "–, if it is `" + r.only + "`"
		}
		row(&b, component(r.kind, r.typ), "`"+r.arg+"`", to, r.why)
	}
	b.WriteString("\n## Defaults that were others\n\nWhen they are left out upstream, they are written out.\n\n| type upstream | generation | in ssc | why |\n| --- | --- | --- | --- |\n")
	for _, d := range changedDefaults {
		when := d.era.String()
		if d.era == 0 {
			when = "all"
		}
		row(&b, component(d.kind, d.typ), when, "`"+d.arg+" = "+d.text+"`", d.why)
	}
	b.WriteString("\n## Keys of a file without a counterpart\n\n| key | why |\n| --- | --- |\n")
	for _, r := range dropped {
		row(&b, "`"+r.key+"`", r.why)
	}
	b.WriteString("\n## Commands\n\nRUN is the folder of a run, `runs/NAME`. `ssc migrate -command \"…\"` translates a line with its flags and `--cfg-options`.\n\n| script | command | remarks |\n| --- | --- | --- |\n")
	for _, t := range tools {
		command := "–"
		if t.new != "" {
			command = "`" + t.new + "`"
		}
		row(&b, "`"+t.form+"`", command, strings.TrimPrefix(t.note, noStep))
	}
	b.WriteString("\n### Flags of train.py\n\n| flag | what becomes of it |\n| --- | --- |\n")
	for _, f := range oldFlags {
		why := f.why
		if why == "" {
			why = flagMeaning[f.name]
		}
		row(&b, "`--"+f.name+"`", why)
	}
	return b.String()
}

// flagMeaning is what the translated flags become.
var flagMeaning = map[string]string{
	"work-dir": "`-run`", "seed": "`-set pipeline.seed=`", "cfg-options": "`-set`, by address", "options": "`-set`, by address", "pretrained": "`-set train.init_from.checkpoint=`",
	"load-from": "`-set train.init_from.checkpoint=`", "nproc_per_node": "`ssc migrate -processes`", "nproc-per-node": "`ssc migrate -processes`",
}

func component(kind, typ string) string {
	if typ == "" {
		return kind
	}
	return kind + " `" + typ + "`"
}

func row(b *strings.Builder, cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// Scripts lists the scripts of upstream that the manual speaks of.
func Scripts() []string {
	out := make([]string, len(tools))
	for i, t := range tools {
		out[i] = t.script
	}
	return out
}
