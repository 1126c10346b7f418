package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"ssc/runtime/status"
)

var statusCommand = &cli.Command{
	Name: "status", Usage: "tell how runs stand", ArgsUsage: "[DIR]...",
	Description: "A folder is a run's, or holds runs; without one it is runs. What is told comes from the files of a run alone: nothing is locked, loaded or written, and a run that works is not disturbed. " +
		"What is missing or damaged is said below the table.",
	Flags:  []cli.Flag{jsonFlag()},
	Action: tellStatus,
}

// runsFolder is where runs are unless -run names another folder.
const runsFolder = "runs"

func tellStatus(c *cli.Context) error {
	list, err := readRuns(c)
	if err != nil {
		return err
	}
	now := time.Now()
	if s := messages(c); s != nil {
		for _, r := range list {
			r.Settings = nil // ssc runs compares them
			s.emit("run", levelOfRun(r), r.Dir+" "+string(r.State), r)
		}
		return s.err
	}
	if len(list) == 0 {
		return nil
	}
	t := newTable(c.App.Writer)
	fmt.Fprintln(t, "run\tstate\tstep\tepoch\tloss\tmonitors\timages/s\tleft\tcheckpoint\tdisk")
	for _, r := range list {
		fmt.Fprintln(t, strings.Join(statusRow(r, now), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return tellProblems(c.App.Writer, list)
}

func levelOfRun(r *status.Run) string {
	switch {
	case r.State == status.Failed || r.State == status.Damaged:
		return levelError
	case len(r.Problems) > 0 || r.Reason != "":
		return levelWarn
	}
	return levelInfo
}

// readRuns reads the runs that the command line names. Without arguments there may be none, which is said.
func readRuns(c *cli.Context) ([]*status.Run, error) {
	dirs := c.Args().Slice()
	if len(dirs) == 0 {
		if _, err := os.Stat(runsFolder); errors.Is(err, fs.ErrNotExist) {
			if messages(c) == nil {
				fmt.Fprintf(c.App.ErrWriter, "there are no runs: %s is not here\n", runsFolder)
			}
			return nil, nil
		}
		dirs = []string{runsFolder}
	}
	for i, d := range dirs {
		dirs[i] = filepath.Clean(d)
	}
	names, err := status.Find(dirs)
	if err != nil {
		return nil, err
	}
	var list []*status.Run
	for _, name := range names {
		list = append(list, status.Read(name, time.Now()))
	}
	return list, nil
}

func statusRow(r *status.Run, now time.Time) []string {
	state := string(r.State)
	if r.State == status.Running {
		state += fmt.Sprintf(" (process %d on %s)", r.Holder.PID, r.Holder.Host)
	}
	row := []string{r.Dir, state, share(r.Step, r.Steps), fmt.Sprintf("%.4g/%d", r.Epoch, r.Epochs), "-", strings.Join(monitorTexts(r), "  "), "-", "-", "-", bytesText(r.Bytes)}
	if r.Loss != nil {
		row[4] = fmt.Sprintf("%.4f", *r.Loss)
	}
	if row[5] == "" {
		row[5] = "-"
	}
	if r.ImagesPerSecond > 0 {
		row[6] = fmt.Sprintf("%.3g", r.ImagesPerSecond)
	}
	if r.SecondsLeft > 0 {
		row[7] = roughly(time.Duration(r.SecondsLeft * float64(time.Second)))
	}
	if k := r.Checkpoint; k != nil {
		row[8] = fmt.Sprintf("%06d, %s ago", k.Step, roughly(max(now.Sub(k.Saved), time.Second)))
	}
	return row
}

func share(done, all int) string {
	if all == 0 {
		return count(done)
	}
	return count(done) + "/" + count(all)
}

// gauges are the meters that are shown although their names have a dot: those with one are details.
var gauges = []string{"collapse.std", "collapse.rank"}

// shownMonitors are the names of the values that are shown of a run.
func shownMonitors(r *status.Run) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r.Monitors)), func(name string) bool { return strings.Contains(name, ".") && !slices.Contains(gauges, name) })
}

func monitorTexts(r *status.Run) (out []string) {
	for _, name := range shownMonitors(r) {
		out = append(out, fmt.Sprintf("%s %.4g", name, r.Monitors[name]))
	}
	return out
}

// tellProblems prints a line for each thing that is wrong with a run.
func tellProblems(w io.Writer, list []*status.Run) error {
	for _, r := range list {
		lines := slices.Clone(r.Problems)
		if r.Reason != "" {
			lines = append([]string{r.Reason}, lines...)
		}
		if r.BadSteps > 0 {
			lines = append(lines, fmt.Sprintf("steps that changed nothing because something was not finite: %d", r.BadSteps))
		}
		for _, text := range lines {
			if _, err := fmt.Fprintf(w, "%s: %s\n", r.Dir, text); err != nil {
				return err
			}
		}
	}
	return nil
}
