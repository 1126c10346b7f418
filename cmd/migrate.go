package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"

	"ssc/lang"
	"ssc/lang/migrate"
	"ssc/runtime/checkpoint/atomic"
)

var migrateCommand = &cli.Command{
	Name: "migrate", Usage: "convert configurations of OpenSelfSup and MMSelfSup to pipelines", ArgsUsage: "FILE.py... | FOLDER... | - | weights FILE.pth OUT.safetensors",
	Description: "Python is parsed and never run. One file is printed as one pipeline; with -out files and folders become a tree of pipelines that extend one another as the files did. What became of each piece is " +
		"reported; a component that ssc does not have, or anything else that a person must decide, ends in exit code 1, and nothing is written for that file. `ssc migrate weights` reads what PyTorch saved, without executing it, and writes the weights for train.init_from: the backbones of OpenSelfSup, MMSelfSup, torchvision, timm, MoCo, SwAV, DINO and MAE get ssc's names, such as backbone.layer1.0.conv1.weight, and necks, heads and queues of MMSelfSup have them already; a tensor of anything else is an error unless -keep names it.",
	Flags: []cli.Flag{
		&cli.StringFlag{Name: "out", Usage: "write pipelines into the folder `DIR`; a file there that says something else is left alone"},
		&cli.BoolFlag{Name: "force", Usage: "replace files that say something else"},
		&cli.BoolFlag{Name: "flat", Usage: "write each pipeline whole, without bases"},
		&cli.BoolFlag{Name: "allow-partial", Usage: "write files with something missing too; missing components become comments"},
		&cli.BoolFlag{Name: "check", Usage: "write nothing; exit with code 1 if a file would be written"},
		&cli.BoolFlag{Name: "diff", Usage: "write nothing; print what would change"},
		&cli.BoolFlag{Name: "all", Usage: "report what was dropped and what has another name, too"},
		&cli.StringSliceFlag{Name: "rename", Usage: "take a component by another name: `TYPE=KIND.NAME`, as in MyNeck=neck.nonlinear"},
		&cli.BoolFlag{Name: "rename-files", Usage: "name pipelines by what they say, as simclr_resnet50_8xb32-coslr-200e_in1k (with -out)"},
		&cli.StringSliceFlag{Name: "package", Usage: "folder of the configurations of a package, for bases such as mmcls::…: `NAME=DIR`"},
		&cli.IntFlag{Name: "processes", Usage: "`N` processes that the learning rates are meant for (default: as file names such as 8xb32 and comments say)"},
		&cli.StringFlag{Name: "root", Usage: "read bases below the folder `DIR` only (default: that of the project)"},
		&cli.StringSliceFlag{Name: "keep", Usage: "leave tensors of weights whose names match the regular expression `PATTERN` as they are; the others must be of a network that ssc knows"},
		&cli.StringFlag{Name: "command", Usage: "print the command that stands for an old one: `\"python tools/train.py …\"`"},
		jsonFlag(),
	},
	Action: migrateFiles,
}

func migrateFiles(c *cli.Context) error {
	if old := c.String("command"); old != "" {
		return migrateCommandLine(c, old)
	}
	args := c.Args().Slice()
	if len(args) > 0 && args[0] == "weights" && !isDir(args[0]) {
		return migrateWeights(c, args[1:])
	}
	opt, err := migrateOptions(c)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usage{errors.New("ssc migrate needs a Python file or a folder, as in: ssc migrate config.py")}
	}
	if c.String("out") == "" && (len(args) > 1 || isDir(args[0])) && !c.Bool("check") {
		return usage{errors.New("several files need a folder to be written to: -out DIR")}
	}
	opt.Flat = opt.Flat || c.String("out") == ""
	result, failed, err := migrateArgs(c, args, opt)
	if err != nil {
		return err
	}
	changed := false
	for _, f := range result.Files {
		different, err := deliver(c, f)
		if err != nil {
			return err
		}
		changed = changed || different
		failed = failed || f.Asked && !f.Report.Done()
	}
	if failed || changed && c.Bool("check") {
		return exit{ExitDiag, ""}
	}
	return nil
}

func migrateOptions(c *cli.Context) (migrate.Options, error) {
	opt := migrate.Options{Root: tables.Root, Kinds: tables.Kinds(), Flat: c.Bool("flat"), Partial: c.Bool("allow-partial"), Processes: c.Int("processes"), BaseRoot: c.String("root"), Names: c.Bool("rename-files"),
		Rename: map[string]string{}, Packages: map[string]string{}}
	if err := noneNegative(c, "processes"); err != nil {
		return opt, err
	}
	for flag, m := range map[string]map[string]string{"rename": opt.Rename, "package": opt.Packages} {
		for _, pair := range c.StringSlice(flag) {
			name, value, ok := strings.Cut(pair, "=")
			if !ok || name == "" || value == "" {
				return opt, usage{fmt.Errorf("-%s is %q, but it has the form %s", flag, pair, map[string]string{"rename": "TYPE=KIND.NAME", "package": "NAME=DIR"}[flag])}
			}
			m[name] = value
		}
	}
	for typ, to := range opt.Rename {
		kind, name, _ := strings.Cut(to, ".")
		known := false
		for _, k := range tables.Kinds() {
			_, ok := k.Info(name)
			known = known || k.Name() == kind && ok
		}
		if !known {
			return opt, usage{fmt.Errorf("-rename gives %s the name %q, but there is no such component; `ssc explain` lists them", typ, to)}
		}
	}
	return opt, nil
}

// migrateArgs converts what the command line names and prints the diagnostics; failed tells that some of them are errors.
func migrateArgs(c *cli.Context, args []string, opt migrate.Options) (*migrate.Result, bool, error) {
	result, diags, err := convertArgs(c, args, opt)
	if err != nil {
		return nil, false, err
	}
	err = printDiags(c, &lang.Pipeline{Sources: result.Sources}, diags)
	var e exit
	if errors.As(err, &e) {
		return result, true, nil
	}
	return result, false, err
}

func convertArgs(c *cli.Context, args []string, opt migrate.Options) (*migrate.Result, hcl.Diagnostics, error) {
	if len(args) != 1 || args[0] != "-" {
		return migrate.Run(args, opt)
	}
	text, err := io.ReadAll(io.LimitReader(c.App.Reader, lang.MaxFileBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading standard input: %w", err)
	}
	result, diags := migrate.RunText("<stdin>", text, opt)
	return result, diags, nil
}

// deliver writes or prints one pipeline and its report, and tells whether a file is, or would be, written.
func deliver(c *cli.Context, f *migrate.File) (different bool, err error) {
	out := c.String("out")
	switch {
	case f.Text == nil:
	case c.Bool("diff"):
		different, err = showChange(c, f)
	case out == "" && !c.Bool("check") && !c.Bool("json"):
		_, err = c.App.Writer.Write(f.Text)
	case out != "":
		different, err = place(c, filepath.Join(out, filepath.FromSlash(f.Name)), f)
	}
	if err != nil || !f.Asked {
		return different, err
	}
	if s := messages(c); s != nil {
		level := levelInfo
		if !f.Report.Done() {
			level = levelError
		}
		s.emit("migrated", level, f.Source, struct {
			*migrate.Report
			Text string `json:"text,omitempty"`
		}{f.Report, string(f.Text)})
		return different, nil
	}
	return different, f.Report.Write(c.App.ErrWriter, c.Bool("all"))
}

// showChange prints the difference between what is there and what would be written.
func showChange(c *cli.Context, f *migrate.File) (bool, error) {
	name := filepath.Join(c.String("out"), filepath.FromSlash(f.Name))
	old, err := os.ReadFile(name)
	if c.String("out") == "" || errors.Is(err, fs.ErrNotExist) {
		old, err = nil, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading what is there: %w", err)
	}
	_, err = c.App.Writer.Write(diff.Diff(name, old, name+" (migrated)", f.Text))
	return !bytes.Equal(old, f.Text), err
}

// place writes a pipeline. A file that says something else is replaced only by force.
func place(c *cli.Context, name string, f *migrate.File) (bool, error) {
	old, err := os.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(old, f.Text):
		return false, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("reading what is there: %w", err)
	case c.Bool("check"):
		return true, nil
	case err == nil && !c.Bool("force"):
		return false, fmt.Errorf("%s is there and says something else; -diff shows what, -force replaces it", name)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return false, fmt.Errorf("writing a pipeline: %w", err)
	}
	if err := atomic.WriteFile(atomic.OS{}, name, func(w io.Writer) error { _, err := w.Write(f.Text); return err }); err != nil {
		return false, fmt.Errorf("writing a pipeline: %w", err)
	}
	return true, nil
}

// migrateCommandLine prints what stands for an old command.
func migrateCommandLine(c *cli.Context, old string) error {
	opt, err := migrateOptions(c)
	if err != nil {
		return err
	}
	line, err := migrate.Command(old, opt)
	if err != nil {
		return err
	}
	for _, n := range line.Notes {
		fmt.Fprintln(c.App.ErrWriter, n)
	}
	_, err = fmt.Fprintln(c.App.Writer, line.New)
	return err
}
