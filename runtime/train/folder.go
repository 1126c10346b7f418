package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/atomic"
)

// checkFolder reports why the run folder cannot be made or written into. Nothing of it stays behind.
func checkFolder(dir string) error {
	at, err := existing(dir)
	if err != nil {
		return err
	}
	trial, err := os.MkdirTemp(at, "ssc.tmp-")
	if err != nil {
		return refuse("the run folder %s: nothing can be written into %s: %w", dir, at, cause(err))
	}
	if err := os.Remove(trial); err != nil {
		return refuse("the run folder %s: %w", dir, err)
	}
	return nil
}

// existing is the folder itself or, while it is not there, the nearest one above it.
func existing(dir string) (at string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", refuse("the run folder: %w", err)
	}
	for at = dir; ; {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			err = errors.New("it is a file, not a folder")
		}
		if err == nil {
			return at, nil
		}
		if parent := filepath.Dir(at); errors.Is(err, fs.ErrNotExist) && parent != at {
			at = parent
			continue
		}
		return "", refuse("the run folder %s: %s: %w", dir, at, cause(err))
	}
}

// cause is an error without the operation and path that the os package adds.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// openFolder makes the run folder, locks it and writes the plan into it, or checks that the plan there is this one.
func (r *run) openFolder() error {
	if err := atomic.MkdirAll(r.FS, r.Dir); err != nil {
		return refuse("creating the run folder: %w", err)
	}
	var err error
	if r.lock, err = checkpoint.Lock(r.Dir, r.Report.Note); err != nil {
		return Refused{err}
	}
	left, err := atomic.Clean(r.FS, r.Dir)
	if err != nil {
		return refuse("cleaning up %s: %w", r.Dir, err)
	}
	r.noteLeft(left)
	r.store = checkpoint.OpenFS(r.FS, filepath.Join(r.Dir, "checkpoints"), r.plan.Train.Checkpoint.Keep)
	name := filepath.Join(r.Dir, plan.File)
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return r.writePlan(name)
	}
	if err != nil {
		return refuse("reading the plan of the run folder: %w", err)
	}
	old, err := r.samePlan(b, r.Dir)
	if err != nil {
		return err
	}
	if moved := plan.Moved(old, r.plan); moved != "" && r.Trained == nil {
		r.Report.Note("files lie elsewhere, and the plan of %s says so from now on:%s", r.Dir, moved)
		return r.writePlan(name)
	}
	return nil
}

// samePlan returns the plan of a folder as it is on disk, and refuses to go on when it is another one.
func (r *run) samePlan(b []byte, dir string) (*plan.Plan, error) {
	old, err := plan.Decode(b)
	if err != nil {
		return nil, refuse("%s: %w", dir, err)
	}
	if d, err := old.Digest(); err != nil || d != r.digest {
		return nil, refuse("%s holds a run of another plan:%s\nContinue it with that plan (ssc run %s), or name another folder with -run.", dir, plan.Differences(old, r.plan), dir)
	}
	return old, nil
}

func (r *run) noteLeft(names []string) {
	if len(names) > 0 {
		r.Report.Note("removed what an interrupted process left: %v", names)
	}
}

// writePlan puts the plan into the run folder, plan.json last.
func (r *run) writePlan(name string) error {
	for graph, g := range r.plan.Graphs {
		if err := r.writeFile(filepath.Join(r.Dir, g.File), r.models[graph]); err != nil {
			return refuse("writing the plan: %w", err)
		}
	}
	b, err := plan.Encode(r.plan)
	if err != nil {
		return err
	}
	if err := r.writeFile(name, b); err != nil {
		return refuse("writing the plan: %w", err)
	}
	return nil
}

func (r *run) writeFile(name string, b []byte) error {
	return atomic.WriteBytes(r.FS, name, b)
}
