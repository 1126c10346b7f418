package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var planCommand = &cli.Command{
	Name: "plan", Usage: "show what a run would do: shapes, cost, memory, parameter groups, schedule", ArgsUsage: "FILE...",
	Description: "Compiles without opening data or writing anything. With -o the result is compared with the plan in that folder. The schedule needs the length of an epoch, which the file does not tell: give -images or -steps-per-epoch.",
	Flags: pipelineFlags(
		&cli.StringFlag{Name: "show", Usage: "print one `PART` only: " + strings.Join(partNames(), ", ")},
		&cli.IntFlag{Name: "images", Usage: "images in the training set, for the schedule"},
		&cli.IntFlag{Name: "steps-per-epoch", Usage: "batches in an epoch, for the schedule"},
		&cli.StringFlag{Name: "o", Usage: "compare with the plan in the folder `DIR`"},
		&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 0 when the plan in -o DIR is the same, 1 after errors, 2 when there are changes"},
		deviceFlag()),
	Action: showPlan,
}

func showPlan(c *cli.Context) error {
	if err := noneNegative(c, "images", "steps-per-epoch"); err != nil {
		return err
	}
	part := c.String("show")
	if part != "" && !slices.Contains(partNames(), part) {
		return usage{fmt.Errorf("there is no part %q.%s", part, schema.DidYouMean(part, partNames()))}
	}
	if c.Bool("detailed-exitcode") && c.String("o") == "" {
		return usage{errors.New("-detailed-exitcode compares with a plan: name its folder with -o")}
	}
	r, _, err := compilePipeline(c, false)
	if err != nil {
		return err
	}
	v := view{p: r.Plan, perEpoch: c.Int("steps-per-epoch")}
	if n := c.Int("images"); n > 0 && v.perEpoch == 0 {
		v.perEpoch = plan.StepsPerEpoch(n, r.Plan.Loader.BatchSize, r.Plan.Loader.Last)
	}
	if part == partSchedule && v.perEpoch == 0 {
		return usage{errors.New("the schedule depends on the length of an epoch, and plan opens no data: give -images N or -steps-per-epoch N")}
	}
	if s := messages(c); s != nil {
		v.emit(s, part)
	} else if err := v.print(c.App.Writer, part); err != nil {
		return err
	}
	if dir := c.String("o"); dir != "" {
		return compare(c, dir, r.Plan)
	}
	return nil
}

// compare tells how the plan differs from that in the folder.
func compare(c *cli.Context, dir string, now *plan.Plan) error {
	text, same := "no changes", false
	old, err := readPlanFile(dir)
	if err != nil {
		if _, statErr := os.Stat(filepath.Join(dir, plan.File)); !errors.Is(statErr, fs.ErrNotExist) {
			return err
		}
		text = fmt.Sprintf("there is no plan in %s yet", dir)
	} else {
		a, errA := old.Digest()
		b, errB := now.Digest()
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if same = a == b; !same {
			text = fmt.Sprintf("changes to the plan in %s:%s", dir, plan.Differences(old, now))
		} else if moved := plan.Moved(old, now); moved != "" {
			text = "no changes but where files lie:" + moved
		}
	}
	if s := messages(c); s != nil {
		s.emit("changes", levelInfo, text, struct {
			Same bool `json:"same"`
		}{same})
	} else {
		fmt.Fprintf(c.App.Writer, "\n%s\n", text)
	}
	if !same && c.Bool("detailed-exitcode") {
		return exit{ExitUsage, ""}
	}
	return nil
}
