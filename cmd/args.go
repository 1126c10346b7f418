package cmd

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/lang/schema"
)

// flagsFirst moves a command's flags before its other arguments, because people write `ssc run file.hcl -set a=1` and the library stops reading flags at the first
// argument that is none. Everything after "--" stays where it is.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	i := slices.IndexFunc(args[1:], func(a string) bool { return !strings.HasPrefix(a, "-") }) + 1
	if i == 0 {
		return args
	}
	cmd := app.Command(args[i])
	if cmd == nil {
		return args
	}
	flags, rest := slices.Clone(args[:i+1]), []string{}
	for tail := args[i+1:]; len(tail) > 0; tail = tail[1:] {
		a := tail[0]
		if a == "--" {
			rest = append(rest, tail...)
			break
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			rest = append(rest, a)
			continue
		}
		flags = append(flags, a)
		if takesValue(cmd, a) && len(tail) > 1 {
			tail = tail[1:]
			flags = append(flags, tail[0])
		}
	}
	return append(flags, rest...)
}

// takesValue reports whether the flag's value is the next argument.
func takesValue(cmd *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range cmd.Flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}

func didYouMeanCommand(app *cli.App, name string) string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return schema.DidYouMean(name, names)
}
