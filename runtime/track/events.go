package track

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"math"
	"path/filepath"
	"slices"
	"time"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/report"
)

// Events of a run are in one file of this folder, numbered anew whenever it must be written from the start.
const (
	eventsDir  = "tensorboard"
	eventsName = "events.out.tfevents.%010d.ssc"
)

// openEvents goes on with the event file if it has the lines of metrics.jsonl and no others. Else, where a run goes on from an older checkpoint than the file, or where events were
// switched on late, all of it is written anew: under another name, for TensorBoard reads files on from where it was.
func (t *Tracker) openEvents() error {
	dir := filepath.Join(t.scene.Dir, eventsDir)
	if err := atomic.MkdirAll(t.scene.FS, dir); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*.ssc"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	var logged []int
	if err := report.EachRecord(t.metrics(), func(r report.Record) error { logged = append(logged, r.Step); return nil }); err != nil {
		return err
	}
	next := 1
	if len(old) > 0 {
		newest := old[len(old)-1]
		steps, whole, err := report.EventSteps(newest)
		if err == nil && whole && slices.Equal(steps, logged) {
			t.events, err = report.OpenEvents(t.scene.FS, newest, math.MaxInt, time.Now())
			return err
		}
		if _, err := fmt.Sscanf(filepath.Base(newest), eventsName, &next); err == nil {
			next++
		}
	}
	name := filepath.Join(dir, fmt.Sprintf(eventsName, next))
	if t.events, err = report.OpenEvents(t.scene.FS, name, math.MaxInt, t.run.Started); err != nil {
		return err
	}
	err = t.rewriteEvents()
	if err == nil {
		err = errors.Join(t.events.Sync(), t.scene.FS.SyncDir(dir))
	}
	for _, name := range old {
		if err == nil {
			err = empty(t.scene.FS, name)
		}
	}
	return err
}

// empty leaves nothing of a file but its name: a TensorBoard that reads it goes on with the next one, as it would not were the file gone.
func empty(files atomic.FS, name string) error {
	f, err := files.Append(name, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (t *Tracker) metrics() string { return filepath.Join(t.scene.Dir, "metrics.jsonl") }

// rewriteEvents writes pictures and all records so far. Their time of day is the run's start and the training time up to them.
func (t *Tracker) rewriteEvents() error {
	if err := t.events.Restart(t.run.Started); err != nil {
		return err
	}
	if t.samples(); len(t.run.Galleries) > 0 {
		if err := t.eventPicture(t.run.Galleries[0]); err != nil {
			return err
		}
	}
	var before, last float64 // seconds, of the processes that ended and of the one that wrote the record
	return report.EachRecord(t.metrics(), func(r report.Record) error {
		if c := r.Clock; c != nil {
			if c.Seconds < last {
				before += last
			}
			last = c.Seconds
		}
		return t.events.Scalars(r.Step, t.run.Started.Add(time.Duration((before+last)*float64(time.Second))), scalars(r))
	})
}

// eventPicture writes the samples with their views as one picture.
func (t *Tracker) eventPicture(g report.Gallery) error {
	var b bytes.Buffer
	if err := report.Grid(&b, g.Rows); err != nil {
		return err
	}
	m, err := png.Decode(&b)
	if err != nil {
		return err
	}
	return t.events.Image(0, t.run.Started, "views", m)
}
