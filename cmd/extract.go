package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/features"
	"ssc/runtime/loader"
)

var extractCommand = &cli.Command{
	Name: "extract", Usage: "write the features of images into a file", ArgsUsage: "RUN_DIR | CHECKPOINT [FILE...]",
	Description: "The images are those of a dataset of the pipeline, or of a folder, under the view that evaluations use. The features are those that probes see. Pipeline files after the run are " +
		"laid over its pipeline, for datasets that it does not have. A .npy file gets a .names.csv beside it with name and label of each row; .parquet and .csv have them as columns. " +
		"Memory does not grow with the number of images, and the file appears when it is complete. An image that cannot be read is named and keeps its row, with NaN for features and no label. " +
		"Nothing in the run folder changes.",
	Flags: layerFlags(
		&cli.StringFlag{Name: "dataset", Usage: "the dataset, `NAME` (default: \"test\", else the first that is not trained on)"},
		&cli.StringFlag{Name: "images", Usage: "take all images below the folder `DIR` instead"},
		&cli.StringFlag{Name: "engine", Usage: "compute them by the engine in `FILE`, which ssc compile -target tensorrt built from this run"},
		&cli.StringFlag{Name: "o", Usage: "write to `FILE`, which ends in .npy, .parquet or .csv"}),
	Action: extract,
}

// imagesDataset is the name of the dataset that -images makes.
const imagesDataset = "images"

func extract(c *cli.Context) error {
	name, err := featuresFile(c)
	if err != nil {
		return err
	}
	if c.IsSet("images") && c.IsSet("dataset") {
		return usage{errors.New("-images and -dataset exclude each other")}
	}
	outliveReaders()
	n, j, err := openNetwork(c, func(p *plan.Plan) ([]plan.Component, error) { return folderOf(p, c.String("images")) })
	if err != nil {
		return err
	}
	defer n.Close()
	dataset, err := chosenDataset(c, j.plan)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c.Context, stops, talk(c))
	defer stop()
	if err := n.OpenData(ctx, dataset); err != nil {
		return j.refused(c, err)
	}
	done, err := useEngine(ctx, c, n, j)
	if err != nil {
		return err
	}
	defer done()
	var unreadable []string
	n.OnBad = func(b loader.Bad) { unreadable = append(unreadable, b.String()) }
	got, err := features.Write(ctx, n.Subject, dataset, name, atomic.OS{})
	if err != nil {
		return interrupted(ctx, err)
	}
	text := fmt.Sprintf("%s images of dataset %q, features %s of step %d", count(got.Rows), dataset, dims(got.Dims), n.Step)
	if s := messages(c); s != nil {
		for _, u := range unreadable {
			s.emit("unreadable", levelWarn, u, nil)
		}
		s.emit("features", levelInfo, text, struct {
			Files      []string `json:"files"`
			Dataset    string   `json:"dataset"`
			Rows       int      `json:"rows"`
			Dims       []int    `json:"dims"`
			Step       int      `json:"step"`
			Unreadable int      `json:"unreadable"`
		}{got.Files, dataset, got.Rows, got.Dims, n.Step, len(unreadable)})
		return s.err
	}
	for _, u := range unreadable {
		talk(c)("cannot be read: %s", u)
	}
	if len(unreadable) > 0 {
		text += fmt.Sprintf("; %d of the images cannot be read, their features are NaN", len(unreadable))
	}
	_, err = fmt.Fprintf(c.App.Writer, "%s: %s\n", strings.Join(got.Files, ", "), text)
	return err
}

// featuresFile is the file to write.
func featuresFile(c *cli.Context) (string, error) {
	name := c.String("o")
	if name == "" {
		return "", usage{errors.New("-o is missing: name the file to write, as in -o features.npy")}
	}
	if err := features.CheckName(name); err != nil {
		return "", usage{err}
	}
	return name, nil
}

// chosenDataset is the dataset to extract, whose images must be those that the graph takes.
func chosenDataset(c *cli.Context, p *plan.Plan) (string, error) {
	name := c.String("dataset")
	switch {
	case c.IsSet("images"):
		return imagesDataset, nil
	case name == "" && p.Dataset("test") != nil:
		name = "test"
	case name == "":
		name = evaluatedDataset(p).Name
	}
	d, err := namedDataset(p, name)
	if err != nil {
		return "", err
	}
	image, takes := d.Views[0].Image, p.Graphs["extract"].Inputs[0].Dims
	if got := []int{image.Channels, image.Height, image.Width}; !slices.Equal(got, takes[1:]) {
		return "", fmt.Errorf("%s: dataset %q makes images of %s, but the encoder takes %s; write a dataset with a view of that size and name its file behind the run", d.Source.At, name, dims(got), dims(takes[1:]))
	}
	return name, nil
}

// folderOf is a dataset of all images below a folder, under the view of the evaluations: of a dataset that is evaluated, or else the resizing and normalisation that the training images
// end in. No block without a folder.
func folderOf(p *plan.Plan, dir string) ([]plan.Component, error) {
	if dir == "" {
		return nil, nil
	}
	d := evaluatedDataset(p)
	image := d.Views[0].Image
	view := plan.Component{Type: "view", Blocks: d.Views[0].Transforms}
	if d.Name == "train" {
		view.Blocks = []plan.Component{{Type: "resize", Args: map[string]any{"size": []any{image.Height, image.Width}}}}
		if t := normalisation(d.Views[0]); t != nil {
			view.Blocks = append(view.Blocks, *t)
		}
	}
	source := plan.Component{Type: "source", Label: "folder", Args: map[string]any{"path": dir, "channels": image.Channels}}
	return []plan.Component{{Type: "dataset", Label: imagesDataset, Blocks: []plan.Component{source, view}}}, nil
}

// normalisation is the normalize transform of a view, nil when it has none.
func normalisation(v plan.View) *plan.Component {
	i := slices.IndexFunc(v.Transforms, func(t plan.Component) bool { return t.Type == "normalize" })
	if i < 0 {
		return nil
	}
	return &v.Transforms[i]
}
