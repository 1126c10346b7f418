package cmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/lang/schema"
	"ssc/runtime/status"
)

var runsCommand = &cli.Command{
	Name: "runs", Usage: "compare runs: their last metrics, and the settings that differ", ArgsUsage: "[DIR]...",
	Description: "Folders are those of ssc status. Metrics are the last values of the log, and what the last evaluation found. A setting is listed when two of the runs differ in it, with the runs that have each value.",
	Flags: []cli.Flag{
		&cli.StringFlag{Name: "sort", Usage: "order by a metric `NAME`, its highest value first, or by loss, the lowest first (default: by the folder's name)"},
		jsonFlag(),
	},
	Action: compareRuns,
}

func compareRuns(c *cli.Context) error {
	list, err := readRuns(c)
	if err != nil || len(list) == 0 {
		return err
	}
	if err := sortRuns(list, c.String("sort")); err != nil {
		return err
	}
	settings := differing(list)
	if s := messages(c); s != nil {
		for _, r := range list {
			maps.DeleteFunc(r.Settings, func(path, _ string) bool { return !slices.Contains(settings, path) })
			s.emit("run", levelOfRun(r), r.Dir+" "+string(r.State), r)
		}
		return s.err
	}
	t := newTable(c.App.Writer)
	metrics, results := columns(list, shownMonitors), columns(list, func(r *status.Run) []string { return slices.Sorted(maps.Keys(r.Evaluation)) })
	fmt.Fprintln(t, strings.Join(slices.Concat([]string{"run", "state", "step", "loss"}, metrics, results), "\t"))
	for _, r := range list {
		row := []string{r.Dir, string(r.State), share(r.Step, r.Steps), lossText(r)}
		for _, name := range metrics {
			row = append(row, numberText(r.Monitors, name))
		}
		for _, name := range results {
			row = append(row, cmp.Or(r.Evaluation[name], "-"))
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printSettings(c.App.Writer, list, settings); err != nil {
		return err
	}
	return tellProblems(c.App.Writer, list)
}

func lossText(r *status.Run) string {
	if r.Loss == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *r.Loss)
}

func numberText(values map[string]float64, name string) string {
	if v, ok := values[name]; ok {
		return fmt.Sprintf("%.4g", v)
	}
	return "-"
}

// columns are the names that any run has, sorted.
func columns(list []*status.Run, names func(*status.Run) []string) []string {
	set := map[string]bool{}
	for _, r := range list {
		for _, n := range names(r) {
			set[n] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

const sortLoss = "loss"

// sortRuns orders runs by name, or by a metric; those without a value come last.
func sortRuns(list []*status.Run, by string) error {
	slices.SortStableFunc(list, func(a, b *status.Run) int { return cmp.Compare(a.Dir, b.Dir) })
	if by == "" {
		return nil
	}
	known := append(columns(list, func(r *status.Run) []string { return slices.Collect(maps.Keys(r.Monitors)) }), sortLoss)
	if !slices.Contains(known, by) {
		return usage{fmt.Errorf("-sort cannot be %q: no run has such a metric.%s", by, schema.DidYouMean(by, known))}
	}
	key := func(r *status.Run) float64 { // lowest first
		if by == sortLoss && r.Loss != nil {
			return *r.Loss
		}
		if v, ok := r.Monitors[by]; ok {
			return -v
		}
		return math.Inf(1)
	}
	slices.SortStableFunc(list, func(a, b *status.Run) int { return cmp.Compare(key(a), key(b)) })
	return nil
}

// differing lists the settings that two of the runs do not share. Runs whose plan cannot be read have none to compare.
func differing(list []*status.Run) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(r *status.Run) bool { return r.Settings == nil })
	return slices.DeleteFunc(columns(list, func(r *status.Run) []string { return slices.Collect(maps.Keys(r.Settings)) }), func(path string) bool {
		for _, r := range list {
			a, inA := r.Settings[path]
			if b, inB := list[0].Settings[path]; a != b || inA != inB {
				return false
			}
		}
		return true
	})
}

// printSettings prints each setting that differs with its values, and which runs have them.
func printSettings(w io.Writer, list []*status.Run, settings []string) error {
	if len(settings) == 0 {
		return nil
	}
	t := newTable(w)
	fmt.Fprintln(t, "\nsetting\tvalue\truns")
	for _, path := range settings {
		var values []string
		runs := map[string][]string{}
		for _, r := range list {
			if r.Settings == nil {
				continue
			}
			v, ok := r.Settings[path]
			if !ok {
				v = "(none)"
			}
			if runs[v] == nil {
				values = append(values, v)
			}
			runs[v] = append(runs[v], r.Dir)
		}
		name := path
		for _, v := range values {
			fmt.Fprintf(t, "%s\t%s\t%s\n", name, v, strings.Join(runs[v], ", "))
			name = ""
		}
	}
	return t.Flush()
}
