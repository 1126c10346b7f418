package track

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ssc/runtime/report"
)

// steps are the steps of a run's event files, one after the other as TensorBoard reads them, and how many files are not empty.
func steps(t *testing.T, dir string) (all []int, files int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, eventsDir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		list, whole, err := report.EventSteps(name)
		if err != nil || !whole {
			t.Fatalf("%s: whole %t, %v", name, whole, err)
		}
		if info, err := os.Stat(name); err != nil || info.Size() > 0 {
			files++
		}
		all = append(all, list...)
	}
	return all, files
}

// TestEventsFollowTheMetrics interrupts a run in every way; whatever happened, the events are those of metrics.jsonl, in one file.
func TestEventsFollowTheMetrics(t *testing.T) {
	cut := func(t *testing.T, name string, lines int) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.Join(strings.SplitAfter(string(b), "\n")[:lines], "")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		happen func(t *testing.T, dir, events string)
		from   int
		file   int // the number of the file that is written then
	}{
		{"stopped at a checkpoint", func(*testing.T, string, string) {}, 4, 1},
		{"killed, three lines after the checkpoint", func(t *testing.T, dir, _ string) { cut(t, filepath.Join(dir, "metrics.jsonl"), 1) }, 1, 2},
		{"killed before the first checkpoint", func(t *testing.T, dir, _ string) { cut(t, filepath.Join(dir, "metrics.jsonl"), 0) }, 0, 2},
		{"the last event is torn", func(t *testing.T, _, events string) {
			info, err := os.Stat(events)
			if err == nil {
				err = os.Truncate(events, info.Size()-3)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, 4, 2},
		{"the folder was removed", func(t *testing.T, dir, _ string) {
			if err := os.RemoveAll(filepath.Join(dir, eventsDir)); err != nil {
				t.Fatal(err)
			}
		}, 4, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			var said []string
			tr := New(Options{})
			s := scene(dir, &said)
			tr.Begin(s)
			journal(t, tr, dir, 1, 2, 3, 4)
			events := filepath.Join(dir, eventsDir, fmt.Sprintf(eventsName, 1))
			c.happen(t, dir, events)
			next := New(Options{})
			s.Step = c.from
			next.Begin(s)
			want := []int{1, 2, 3, 4, 5, 6}
			journal(t, next, dir, want[c.from:]...)
			next.End(report.Finished, "")
			if got, files := steps(t, dir); !slices.Equal(got, want) || files != 1 {
				t.Errorf("steps = %v in %d files, want %v in 1", got, files, want)
			}
			if _, err := os.Stat(filepath.Join(dir, eventsDir, fmt.Sprintf(eventsName, c.file))); err != nil {
				t.Errorf("the file that is written is another: %v", err)
			}
			if len(said) > 0 {
				t.Errorf("said %q, want nothing", said)
			}
		})
	}
}

// TestEventsOfALongRun: a run that goes on with more lines than a page shows keeps its file.
func TestEventsOfALongRun(t *testing.T) {
	s := scene(t.TempDir(), new([]string))
	s.Plan.Track.Report = false
	var lines strings.Builder
	for i := range 50000 {
		fmt.Fprintf(&lines, `{"step":%d,"values":{"loss":1},"clock":{"seconds":1}}`+"\n", i+1)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "metrics.jsonl"), []byte(lines.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		tr := New(Options{})
		tr.Begin(s)
		tr.End(report.Stopped, "")
	}
	if got, files := steps(t, s.Dir); len(got) != 50000 || files != 1 {
		t.Errorf("%d steps in %d files, want all 50,000 in 1", len(got), files)
	}
	if _, err := os.Stat(filepath.Join(s.Dir, eventsDir, fmt.Sprintf(eventsName, 2))); err == nil {
		t.Error("going on wrote the events anew")
	}
}

// TestNoTrackers: what the pipeline turns off is not written.
func TestNoTrackers(t *testing.T) {
	s := scene(t.TempDir(), new([]string))
	s.Plan.Track.Report, s.Plan.Track.TensorBoard, s.Plan.Track.MLflow, s.Plan.Track.Experiment = false, false, filepath.Join(s.Dir, "mlruns"), "e"
	tr := New(Options{})
	tr.Begin(s)
	journal(t, tr, s.Dir, 1, 2)
	tr.Look(t.Context(), look(t))
	tr.End(report.Stopped, "")
	next := New(Options{})
	next.Begin(s)
	next.End(report.Finished, "")
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"metrics.jsonl", "mlruns", "report.json"}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
	if found, _ := filepath.Glob(filepath.Join(s.Dir, "mlruns", "*", "*", "metrics", "loss")); len(found) != 1 {
		t.Errorf("MLflow's store has %d files of losses after going on, want 1: the same run's", len(found))
	}
}
