// Package cmd is the command line: one file for each command. It wires the tables of components together, which no other package does: the language and the compiler learn of the
// runtime's sources and transforms here.
//
// Results go to standard output, talk and diagnostics to standard error.
package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/schema"
	"ssc/runtime/datasource"
	"ssc/runtime/transform"
)

// Version of ssc.
const Version = "0.1.0"

// Exit codes, the same for all commands.
const (
	ExitOK      = 0  // done
	ExitDiag    = 1  // diagnostics, or refused before the first step
	ExitUsage   = 2  // wrong command line; with -detailed-exitcode: there are changes
	ExitStopped = 3  // stopped by a signal, a run at a checkpoint
	ExitFailed  = 4  // the run failed
	ExitBug     = 70 // a bug in ssc
)

// Streams are the process's standard files.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// tables are the component kinds.
var tables = compiler.Tables{Source: datasource.Table, Transform: transform.Table}

// commands in the order of the help.
func commands() []*cli.Command {
	return []*cli.Command{
		initCommand, vizCommand, validateCommand, fmtCommand, migrateCommand, dataCommand, explainCommand, configCommand,
		graphCommand, compileCommand, planCommand, runCommand, statusCommand, runsCommand, reportCommand,
		evaluateCommand, extractCommand, exportCommand, showCommand, debugCommand, benchCommand, doctorCommand,
		completionCommand, versionCommand, docsCommand, newCommand,
	}
}

// Main runs one command line and returns its exit code.
func Main(args []string, s Streams) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(s.Err, "This is a bug in ssc %s. Please report it with the command line and these lines.\n%v\n%s", Version, r, debug.Stack())
			code = ExitBug
		}
	}()
	app := newApp(s)
	app.Metadata[argsKey] = args
	return exitCode(app.Run(flagsFirst(app, args)), s)
}

func newApp(s Streams) *cli.App {
	app := &cli.App{
		Name: "ssc", Usage: "compile and run self-supervised visual pre-training", Version: Version,
		Commands: commands(), Reader: s.In, Writer: s.Out, ErrWriter: s.Err, Metadata: map[string]any{},
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return usage{err} },
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usage{fmt.Errorf("there is no command %q.%s", name, didYouMeanCommand(c.App, name))}
			}
			return cli.ShowAppHelp(c)
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = app.OnUsageError
		c.Action = errorsInStream(c.Action)
	}
	return app
}

// errorsInStream makes the error of a command that was asked for JSON a message like the others.
func errorsInStream(action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		err := action(c)
		s := (*stream)(nil)
		if err != nil && err.Error() != "" {
			s = messages(c)
		}
		if s == nil || s.err != nil { // no reader, or none that still reads
			return err
		}
		s.emit("error", levelError, err.Error(), nil)
		return exit{codeOf(err), ""}
	}
}

// usage is a wrong command line.
type usage struct{ error }

// exit is an error with its own code; an empty message prints nothing.
type exit struct {
	code int
	msg  string
}

func (e exit) Error() string { return e.msg }

func exitCode(err error, s Streams) int {
	if err != nil && err.Error() != "" {
		fmt.Fprintln(s.Err, err)
	}
	return codeOf(err)
}

func codeOf(err error) int {
	var u usage
	var e exit
	var help cli.ExitCoder // of the library's help command, for a name that is none
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &u):
		return ExitUsage
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &help):
		return ExitUsage
	}
	return ExitDiag
}

// pipelineFlags are those of every command that reads a pipeline.
func pipelineFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "var", Usage: "give a variable its value: `name=value`"},
		&cli.StringSliceFlag{Name: "var-file", Usage: "read values of variables from `FILE`"},
		&cli.StringSliceFlag{Name: "set", Usage: "override an argument: `path=value`, as in train.epochs=2"},
		jsonFlag(),
	}, more...)
}

// needFiles is the error of a command line that names no file.
func needFiles(c *cli.Context) error {
	if c.NArg() == 0 {
		return usage{fmt.Errorf("ssc %s needs a pipeline file, as in: ssc %s pipeline.hcl", c.Command.Name, c.Command.Name)}
	}
	return nil
}

// loadFiles reads files as one pipeline, a later one laid over those before it.
func loadFiles(c *cli.Context, files []string) (*lang.Pipeline, hcl.Diagnostics) {
	return lang.Load(files, lang.Options{Vars: c.StringSlice("var"), VarFiles: c.StringSlice("var-file"), Sets: c.StringSlice("set"),
		Stdin: c.App.Reader, Root: tables.Root, Command: "ssc " + c.Command.Name})
}

// compileFiles loads and compiles; the result is nil after errors. raw leaves the graphs as the components built them. The library of native kernels is loaded meanwhile: the
// pipeline is compiled for what its file says, and again if that is not so.
func compileFiles(c *cli.Context, files []string, raw bool) (*lang.Pipeline, *compiler.Result, hcl.Diagnostics) {
	expected := expectedKernels(c)
	p, diags := loadFiles(c, files)
	if p.Root == nil {
		return p, nil, diags
	}
	compileFor := func(kernels []string) (*compiler.Result, hcl.Diagnostics) {
		return compiler.Compile(p.Root, tables, compiler.Options{Device: c.String("device"), Version: Version, Name: p.Name, Kernels: kernels, NoPasses: raw})
	}
	var r *compiler.Result
	var more hcl.Diagnostics
	if expected != nil {
		r, more = compileFor(expected)
	}
	if kernels := nativeKernels(c); expected == nil || !slices.Equal(kernels, expected) {
		r, more = compileFor(kernels)
	}
	if diags = append(diags, more...); diags.HasErrors() {
		r = nil
	}
	return p, r, diags
}

// compilePipeline loads and compiles the files on the command line; diagnostics are printed, and errors among them end in an exit.
func compilePipeline(c *cli.Context, raw bool) (*compiler.Result, *lang.Pipeline, error) {
	r, p, warnings, err := compileNamed(c, raw)
	if err == nil {
		err = printDiags(c, p, warnings)
	}
	return r, p, err
}

// compileNamed loads and compiles the files on the command line. Errors among the diagnostics are printed and end in an exit; warnings are returned.
func compileNamed(c *cli.Context, raw bool) (*compiler.Result, *lang.Pipeline, hcl.Diagnostics, error) {
	if err := needFiles(c); err != nil {
		return nil, nil, nil, err
	}
	if d := c.String("device"); d != "" {
		if _, _, err := plan.ParseDevice(d); err != nil {
			return nil, nil, nil, usage{fmt.Errorf("%w.%s", err, schema.DidYouMean(d, plan.Devices))}
		}
		if err := useGPU(d); err != nil {
			return nil, nil, nil, err
		}
	}
	p, r, diags := compileFiles(c, c.Args().Slice(), raw)
	if diags.HasErrors() {
		return nil, p, nil, printDiags(c, p, diags)
	}
	return r, p, diags, nil
}

// printDiags prints diagnostics and returns an exit when there are errors.
func printDiags(c *cli.Context, p *lang.Pipeline, diags hcl.Diagnostics) error {
	if len(diags) > 0 {
		if out := messages(c); out != nil {
			for _, r := range diag.Records(diags) {
				out.emit("diagnostic", levelOf(r), r.Summary, r)
			}
		} else if err := diag.Write(c.App.ErrWriter, p.Sources, diags, diag.Options{Width: width(c.App.ErrWriter), Color: colored(c.App.ErrWriter)}); err != nil {
			return err
		}
	}
	if diags.HasErrors() {
		return exit{ExitDiag, ""}
	}
	return nil
}

func levelOf(r diag.Record) string {
	if r.Severity == "warning" {
		return levelWarn
	}
	return levelError
}

// noneNegative reports flags whose number is below 0.
func noneNegative(c *cli.Context, names ...string) error {
	for _, name := range names {
		if c.Int(name) < 0 {
			return usage{fmt.Errorf("-%s is %d, but it cannot be negative", name, c.Int(name))}
		}
	}
	return nil
}

// terminal returns the file behind a stream when it is a terminal.
func terminal(w io.Writer) *os.File {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// width is the number of columns to wrap text at.
func width(w io.Writer) int {
	if f := terminal(w); f != nil {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 100
}

// colored follows the NO_COLOR and FORCE_COLOR conventions.
func colored(w io.Writer) bool {
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	return os.Getenv("FORCE_COLOR") != "" || terminal(w) != nil
}
