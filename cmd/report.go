package cmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"ssc/runtime/checkpoint"
	"ssc/runtime/track"
)

var reportCommand = &cli.Command{
	Name: "report", Usage: "make the report of a run again", ArgsUsage: "RUN_DIR",
	Description: "Draws report.html from the files of the run folder, also of a run that goes on, was killed or has failed. No image is read and nothing is computed anew.",
	Flags: []cli.Flag{
		&cli.StringFlag{Name: "o", Usage: "write to `FILE` (default: report.html in the run folder)"},
		jsonFlag(),
	},
	Action: makeReport,
}

func makeReport(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage{errors.New("ssc report needs one run folder, as in: ssc report runs/simclr")}
	}
	dir := c.Args().First()
	p, err := readPlanFile(dir)
	if err != nil {
		return err
	}
	if !isRun(dir) {
		return fmt.Errorf("%s is a plan, not a run: train first with ssc run %s", dir, dir)
	}
	holder, err := checkpoint.Peek(dir, time.Now())
	alive := err == nil && holder != nil && holder.Alive && !holder.Silent(time.Now()) // a damaged lock is nobody's
	name := c.String("o")
	if name == "" {
		name = filepath.Join(dir, track.PageFile)
	}
	if err := track.Remake(p, dir, name, alive); err != nil {
		return fmt.Errorf("making the report of %s: %w", dir, err)
	}
	return written(c, name)
}

// written names the file that a command has made.
func written(c *cli.Context, name string) error {
	if s := messages(c); s != nil {
		s.emit("written", levelInfo, name, struct {
			File string `json:"file"`
		}{name})
		return s.err
	}
	_, err := fmt.Fprintln(c.App.Writer, name)
	return err
}
