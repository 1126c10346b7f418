package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"ssc/lang"
	"ssc/runtime/status"
	"ssc/runtime/train"
)

// teller is the reporter of a dry run: what is noted is told, and nothing goes to a log.
type teller struct {
	tell func(format string, args ...any)
}

func (t teller) Note(format string, args ...any) { t.tell(format, args...) }

func (teller) Step(train.Status) {}

// dryRun makes a few steps of everything that a run does, and says what the whole run takes.
func dryRun(c *cli.Context, j *job, o train.Options) error {
	rep := teller{talk(c)}
	s := messages(c)
	ctx, stop := untilSignal(c.Context, stops, rep.Note)
	defer stop()
	o.Report = rep
	if err := printDiags(c, pipelineOf(j), j.warnings); err != nil {
		return err
	}
	t, err := train.DryRun(ctx, j.plan, j.models, o)
	switch {
	case errors.Is(err, train.ErrStopped), errors.Is(err, context.Canceled):
		return exit{ExitStopped, "stopped; nothing was written"}
	case err != nil:
		return printDiags(c, pipelineOf(j), refusals(err.Error(), j.sources))
	}
	done := 0
	if isRun(j.dir) {
		done = status.Read(j.dir, time.Now()).Step
	}
	if s != nil {
		s.emit("dry_run", levelInfo, "a run takes about "+seconds(t.Total()), struct {
			*train.Trial
			Total float64 `json:"total_seconds"`
			Done  int     `json:"steps_done"` // by the run that is in the folder
		}{t, t.Total(), done})
		return s.err
	}
	return printTrial(c.App.Writer, t, j, done)
}

// pipelineOf is what diagnostics of a job point into.
func pipelineOf(j *job) *lang.Pipeline { return &lang.Pipeline{Sources: j.sources} }

func seconds(x float64) string { return roughly(time.Duration(x * float64(time.Second))) }

func printTrial(w io.Writer, t *train.Trial, j *job, done int) error {
	table := newTable(w)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("data", "%s images, %s steps an epoch, %s in all", count(t.Images), count(t.PerEpoch), count(t.Steps))
	row("step", "%s, of which %s wait for data (mean of %d, after one to warm up)", seconds(t.Step), seconds(t.DataWait), t.TimedSteps)
	for _, kind := range []struct {
		name string
		list []train.TrialProbe
	}{{"stage", t.Stages}, {"monitor", t.Monitors}, {"evaluate", t.Evaluate}} {
		for _, p := range kind.list {
			how := "timed on all of them"
			if p.Measured < p.Images {
				how = fmt.Sprintf("concluded from %s", count(p.Measured))
			}
			row(kind.name, "%s: %s each, %d times (%s images, %s)", p.Name, seconds(p.Seconds), p.Times, count(p.Images), how)
		}
	}
	row("checkpoint", "%s each, %d times, %s", seconds(t.Save), t.Checkpoints, bytesText(t.CheckpointBytes))
	stages := ""
	if len(t.Stages) > 0 {
		stages = fmt.Sprintf("stages %s, ", seconds(t.Staging()))
	}
	row("time", "about %s: training %s, %smonitors and evaluation %s, checkpoints %s", seconds(t.Total()), seconds(t.Train()), stages, seconds(t.Probing()), seconds(t.Saving()))
	if done > 0 {
		row("", "%s is at step %s: about %s of training are left", j.dir, count(done), seconds(float64(max(t.Steps-done, 0))*t.Step))
	}
	row("memory", "%s at the peak of this process, with its libraries; %s were predicted for a step", bytesText(t.MeasuredMemory), bytesText(t.PredictedMemory))
	row("disk", "%s at most, %s free", bytesText(t.RunBytes), bytesText(t.FreeBytes))
	if t.Unreadable > 0 {
		row("images", "unreadable among those of the steps: %d", t.Unreadable)
	}
	if t.BadSteps > 0 {
		row("warning", "steps whose loss or gradient was not finite: %d", t.BadSteps)
	}
	return table.Flush()
}
