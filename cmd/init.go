package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"github.com/zclconf/go-cty/cty"

	"ssc/compiler"
	"ssc/lang"
	"ssc/lang/schema"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/survey"
	"ssc/runtime/train"
)

var initCommand = &cli.Command{
	Name: "init", Usage: "look at a folder of images and write a pipeline for them", ArgsUsage: "FOLDER",
	Description: "The folder may have any tree, no labels, and images of mixed sizes, channels and formats (JPEG, PNG, WebP, TIFF, BMP, PPM, PGM). A random sample of them, the same each time, is opened and measured; the " +
		"pipeline that is written runs as it is, and a comment at each choice says why. The batch size and the estimate of the time are for this machine. Nothing in the folder is changed.",
	Flags: []cli.Flag{
		&cli.StringFlag{Name: "o", Usage: "write the pipeline to `FILE` (default: the folder's name with .hcl, here)"},
		&cli.StringFlag{Name: "algorithm", Usage: "the method: " + strings.Join(initAlgorithms, ", "), Value: initAlgorithms[0]},
		&cli.IntFlag{Name: "sample", Usage: "open at most `N` images", Value: survey.DefaultSample},
		&cli.BoolFlag{Name: "force", Usage: "replace the file if it is there"},
		jsonFlag(),
	},
	Action: initPipeline,
}

// initAlgorithms are the methods that a pipeline is written for.
var initAlgorithms = []string{"simclr"}

func initPipeline(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage{errors.New("ssc init needs one folder of images, as in: ssc init photos")}
	}
	if a := c.String("algorithm"); !slices.Contains(initAlgorithms, a) {
		return usage{fmt.Errorf("-algorithm cannot be %q.%s", a, schema.DidYouMean(a, initAlgorithms))}
	}
	if c.Int("sample") < 1 {
		return usage{fmt.Errorf("-sample is %d, but at least one image must be opened", c.Int("sample"))}
	}
	dir := filepath.Clean(c.Args().First())
	if text := filepath.ToSlash(dir); cty.StringVal(text).AsString() != text || strings.ToValidUTF8(text, "?") != text {
		return fmt.Errorf("the name of the folder %q cannot be written in a pipeline file, whose text is Unicode in its composed form (NFC): make a link to it with a plain name", dir)
	}
	name := pipelineName(dir)
	file := c.String("o")
	if file == "" {
		file = name + ".hcl"
	}
	if err := writable(file, c.Bool("force")); err != nil {
		return err
	}
	ctx, stop := untilSignal(c.Context, stops, talk(c))
	defer stop()
	s, err := survey.Folder(ctx, dir, survey.Options{Sample: c.Int("sample")})
	if err != nil {
		return interrupted(ctx, err)
	}
	if s.Readable() < leastImages {
		return fmt.Errorf("%s has %d images that can be read; learning without labels needs at least %d to compare, and some thousands to learn from", s.Root, s.Readable(), leastImages)
	}
	text, err := pipelineFor(c, s, name)
	if err != nil {
		return err
	}
	if err := atomic.WriteFile(atomic.OS{}, file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return fmt.Errorf("writing the pipeline: %w", err)
	}
	return tellSurvey(c, s, file)
}

// leastImages is the smallest number of readable images: the meters of collapse compare 16.
const leastImages = 16

// writable reports why a file cannot be written, before the images are looked at.
func writable(file string, force bool) error {
	switch info, err := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
		return needFolder(file)
	case err != nil:
		return fmt.Errorf("writing the pipeline: %w", err)
	case info.IsDir():
		return fmt.Errorf("%s is a folder; name the file to write with -o", file)
	case !force:
		return fmt.Errorf("%s is there already: name another file with -o, or replace it with -force", file)
	}
	return nil
}

// needFolder reports a file to be written whose folder is not there.
func needFolder(file string) error {
	if parent := filepath.Dir(file); !isDir(parent) {
		return fmt.Errorf("%s cannot be written: %s is no folder", file, parent)
	}
	return nil
}

// pipelineName is the folder's name in letters that need no quoting in a shell.
func pipelineName(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, filepath.Base(dir))
	if name = strings.Trim(name, "-._"); name == "" {
		return "images"
	}
	return name
}

// pipelineFor chooses a pipeline for the images and this machine, and writes it down. The text is one that compiles.
func pipelineFor(c *cli.Context, s *survey.Survey, name string) ([]byte, error) {
	p := choose(s, name, c.String("algorithm"))
	free := train.Available()
	for {
		r, err := compileChoice(c, p)
		if err != nil {
			return nil, err
		}
		if p.need = train.Needed(r.Plan, 0); p.need <= free/2 || p.batch <= leastBatch {
			break
		}
		p.batch, p.halved = p.batch/2, true
	}
	p.free = free
	p.measureStep(c)
	return p.text(), nil
}

// compileChoice compiles the pipeline as it stands; a mistake in it is a bug in ssc.
func compileChoice(c *cli.Context, p *choice) (*compiler.Result, error) {
	const file = "init.hcl"
	src := p.text()
	l, diags := lang.Load([]string{file}, lang.Options{ReadFile: func(string) ([]byte, error) { return src, nil }, Root: tables.Root, Command: "ssc init"})
	if l.Root != nil {
		r, more := compiler.Compile(l.Root, tables, compiler.Options{Version: Version, Name: l.Name, Kernels: nativeKernels(c)})
		if diags = append(diags, more...); !diags.HasErrors() {
			return r, nil
		}
	}
	_ = printDiags(c, l, diags)
	return nil, exit{ExitBug, "This is a bug in ssc: the pipeline that it would write has mistakes."}
}

// tellSurvey prints what was found and what to do next.
func tellSurvey(c *cli.Context, s *survey.Survey, file string) error {
	if out := messages(c); out != nil {
		out.emit("survey", levelInfo, fmt.Sprintf("%d images in %s, %d opened", s.Images, s.Root, s.Sampled), s)
		out.emit("written", levelInfo, "wrote "+file, struct {
			File string `json:"file"`
		}{file})
		return out.err
	}
	for _, n := range s.Notes {
		fmt.Fprintln(c.App.ErrWriter, n)
	}
	for i, p := range s.Problems {
		if i == maxListed {
			fmt.Fprintf(c.App.ErrWriter, "and %d more\n", s.Damaged-i)
			break
		}
		fmt.Fprintf(c.App.ErrWriter, "unreadable: %s: %s\n", p.Name, p.Reason)
	}
	t := newTable(c.App.Writer)
	for _, row := range surveyRows(s) {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "\n%s\n", file)
	fmt.Fprintf(c.App.ErrWriter, "next: ssc run -dry-run %s, then ssc run %s\n", shellWord(file), shellWord(file))
	return nil
}
