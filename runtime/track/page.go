package track

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/report"
)

// Files of a run folder.
const (
	PageFile  = "report.html"
	stateFile = "report.json"
)

// maxState bounds report.json: some 150 pictures of 128x128 pixels take 10 MB.
const maxState = 64 << 20

// write makes the page and what is kept for the next one, and writes the run for MLflow.
func (t *Tracker) write() error {
	start := time.Now()
	defer func() {
		t.paged, t.page = time.Now(), time.Since(start)
		t.Spend("report", t.page)
	}()
	p, s := t.scene.Plan, t.scene
	t.run.Updated = time.Now()
	if err := complete(t.run, p, s.Dir); err != nil {
		return err
	}
	if p.Track.Report && !s.Evaluation {
		t.samples()
	}
	if p.Track.Report || p.Track.MLflow != "" {
		b, err := json.Marshal(t.run)
		if err != nil {
			return fmt.Errorf("writing %s: %w", stateFile, err)
		}
		if err := atomic.WriteBytes(s.FS, filepath.Join(s.Dir, stateFile), b); err != nil {
			return err
		}
	}
	if p.Track.Report {
		if err := draw(s.FS, filepath.Join(s.Dir, PageFile), t.run); err != nil {
			return err
		}
	}
	if p.Track.MLflow != "" {
		return report.WriteMLflow(report.MLflow{Dir: p.Track.MLflow, Experiment: p.Track.Experiment, RunID: runID(t.run)}, t.run)
	}
	return nil
}

// runID is the run's number for MLflow, the same in every process that goes on with it.
func runID(r *report.Run) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", r.Name, r.Started.UnixNano()))
	return hex.EncodeToString(sum[:16])
}

func draw(files atomic.FS, name string, r *report.Run) error {
	return atomic.WriteFile(files, name, func(w io.Writer) error { return report.Write(w, r) })
}

// complete reads what other files of the run folder hold.
func complete(r *report.Run, p *plan.Plan, dir string) (err error) {
	r.Settings = nil
	for _, s := range p.Settings {
		r.Settings = append(r.Settings, report.Setting(s))
	}
	if r.Records, err = report.ReadMetrics(filepath.Join(dir, "metrics.jsonl")); err != nil {
		return err
	}
	r.Unreadable, r.UnreadableN, err = report.ReadUnreadable(filepath.Join(dir, "bad_samples.jsonl"))
	return err
}

// load reads what a run folder keeps of its report; an empty one where it keeps nothing, or nothing that can be read.
func load(dir string) (*report.Run, error) {
	r := &report.Run{}
	f, err := os.Open(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxState)).Decode(r); err != nil {
		return &report.Run{}, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return r, nil
}

// Remake makes the page of a run folder again, from its files alone, and writes it to name. Where the run never made a page, it has what the plan and metrics.jsonl tell. alive says
// whether a process works in the folder: without one, a run that calls itself running has ended without a word.
func Remake(p *plan.Plan, dir, name string, alive bool) error {
	r, err := load(dir)
	if err != nil {
		return err
	}
	if err := complete(r, p, dir); err != nil {
		return err
	}
	r.Name, r.Algorithm, r.Epochs = p.Name, algorithm(p), p.Train.Epochs
	if r.Folder == "" {
		r.Folder = dir
	}
	if n := len(r.Records); n > 0 {
		last := r.Records[n-1]
		if last.Step > r.Step {
			r.Step, r.Epoch = last.Step, int(last.Epoch)
		}
		if r.Steps == 0 && last.Epoch > 0 {
			r.Steps = int(float64(last.Step)/last.Epoch*float64(r.Epochs) + 0.5)
		}
	}
	if alive {
		r.Status, r.Reason, r.Updated = report.Running, "", time.Now()
	} else if r.Status == report.Running || r.Status == "" {
		r.Status, r.Reason = report.Stopped, "its process ended without a word; ssc run "+dir+" goes on from the newest checkpoint"
	}
	if err := draw(atomic.OS{}, name, r); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
