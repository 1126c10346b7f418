package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"ssc/lang/schema"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/datasource"
)

var dataCommand = &cli.Command{
	Name: "data", Usage: "make the list of a dataset that is published in another form", ArgsUsage: "subset NAMES LIST [OUT] | inaturalist ANNOTATIONS.json [OUT]",
	Description: "The list, a path and a label on each line, is what source image_list reads; without OUT it is printed. `ssc data subset` takes, of a LIST of all images, the lines of those that NAMES names: of ImageNet's training images " +
		"those in SimCLR's 1percent.txt. `ssc data inaturalist` makes a list of annotations in COCO's JSON form in which each image has one, whose category_id is the label, as iNaturalist's have. " +
		"VOC2007 needs no list: source voc reads its archives as they are, and evaluate \"svm\" draws the samples of few images.",
	Flags:  []cli.Flag{&cli.BoolFlag{Name: "force", Usage: "replace OUT where it is there"}, jsonFlag()},
	Action: makeList,
}

// lists are what makes a list of published files, by the word of the command line; inputs is how many there are.
var lists = map[string]struct {
	inputs int
	usage  string
	make   func(in []string) ([]byte, error)
}{
	"subset":      {2, "ssc data subset 1percent.txt data/imagenet/meta/train.txt data/imagenet/meta/train_1percent.txt", func(in []string) ([]byte, error) { return datasource.SubsetLines(in[0], in[1]) }},
	"inaturalist": {1, "ssc data inaturalist train2018.json data/inaturalist2018/meta/train.txt", annotated},
}

func makeList(c *cli.Context) error {
	args := c.Args().Slice()
	if len(args) == 0 {
		return usage{errors.New("ssc data needs to know what to make a list of: subset or inaturalist, as in: " + lists["inaturalist"].usage)}
	}
	l, ok := lists[args[0]]
	if !ok {
		return usage{fmt.Errorf("ssc data makes no list of %q.%s", args[0], schema.DidYouMean(args[0], []string{"subset", "inaturalist"}))}
	}
	if n := len(args) - 1 - l.inputs; n < 0 || n > 1 {
		return usage{fmt.Errorf("it is written as in: %s; without the last name the list is printed", l.usage)}
	}
	in, out := args[1:1+l.inputs], ""
	if len(args) == l.inputs+2 {
		out = args[len(args)-1]
	}
	if out == "" && c.Bool("json") {
		return usage{fmt.Errorf("-json tells what was written: name the list, as in: %s", l.usage)}
	}
	if _, err := os.Lstat(out); out != "" && err == nil && !c.Bool("force") {
		return fmt.Errorf("%s is there already; -force replaces it", out)
	} else if out != "" && err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing a list: %w", err)
	}
	text, err := l.make(in)
	if err != nil {
		return fmt.Errorf("making a list: %w", err)
	}
	return deliverList(c, out, text)
}

func deliverList(c *cli.Context, out string, text []byte) error {
	if out == "" {
		_, err := c.App.Writer.Write(text)
		return err
	}
	if err := atomic.WriteFile(atomic.OS{}, out, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return fmt.Errorf("writing a list: %w", err)
	}
	images := bytes.Count(text, []byte("\n"))
	line := fmt.Sprintf("%s: %s images", out, count(images))
	if s := messages(c); s != nil {
		s.emit("list", levelInfo, line, struct {
			File   string `json:"file"`
			Images int    `json:"images"`
		}{out, images})
		return s.err
	}
	_, err := fmt.Fprintln(c.App.Writer, line)
	return err
}

func annotated(in []string) ([]byte, error) {
	f, err := os.Open(in[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := datasource.AnnotatedLines(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in[0], err)
	}
	return text, nil
}
