package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Holder is who has a run folder, or had it and did not say that it ended.
type Holder struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Seen  time.Time `json:"seen"`  // the last sign of life
	Alive bool      `json:"alive"` // the process is there or, on another machine, showed life within the last minute
}

// Silent reports whether a process that is there showed no life for longer than it should: it is suspended, or another process has its number now.
func (h *Holder) Silent(now time.Time) bool { return h.Alive && now.Sub(h.Seen) > staleAfter }

// Peek says who has the run folder dir at a time, from the lock's file alone: it takes no lock, so that a run that begins just then is not refused. Nil: nobody.
func Peek(dir string, now time.Time) (*Holder, error) {
	f, err := os.Open(filepath.Join(dir, LockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the lock: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the lock: %w", err)
	}
	h, err := readHolder(f)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the lock is damaged: %w", err)
	}
	out := &Holder{Host: h.Host, PID: h.PID, Since: h.Since, Seen: info.ModTime()}
	if host, err := os.Hostname(); err == nil && host == h.Host {
		out.Alive = alive(h.PID)
	} else {
		out.Alive = now.Sub(out.Seen) <= staleAfter
	}
	return out, nil
}

// Glance is Latest for those who only want to know how far a run is: manifests are checked, and of the other files their sizes. Nothing that it returns is fit to go on from.
func (s *Store) Glance() (c *Checkpoint, passed []error, err error) {
	list, err := s.list()
	if err != nil {
		return nil, nil, err
	}
	for _, at := range list {
		c := &Checkpoint{Path: filepath.Join(s.dir, at.name), Step: at.step, label: s.label(at.name)}
		err := c.readManifest()
		for _, f := range c.Files {
			info, statErr := os.Stat(filepath.Join(c.Path, f.Name))
			switch {
			case err != nil:
			case statErr != nil:
				err = errors.New(f.Name + " is missing")
			case info.Size() != f.Bytes:
				err = fmt.Errorf("%s is %d of %d bytes", f.Name, info.Size(), f.Bytes)
			}
		}
		if err == nil {
			return c, passed, nil
		}
		passed = append(passed, fmt.Errorf("%s: %w", c.label, err))
	}
	return nil, passed, nil
}

// Saved is when the checkpoint was written, and how many bytes its files have.
func (c *Checkpoint) Saved() (at time.Time, bytes int64) {
	if info, err := os.Stat(filepath.Join(c.Path, manifestFile)); err == nil {
		at = info.ModTime()
	}
	for _, f := range c.Files {
		bytes += f.Bytes
	}
	return at, bytes
}
