package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Held reports whether a process works in the run folder: its lock names a process that lives, if it is of this machine, and has shown life within the last minute. It is a look from
// outside, which touches nothing and is in nobody's way; only [Lock] keeps others out.
func Held(dir string) (bool, error) {
	name := filepath.Join(dir, LockFile)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	h, err := readHolder(f)
	if err != nil || time.Since(info.ModTime()) > staleAfter { // nobody, damage, or nobody any more
		return false, nil
	}
	host, err := os.Hostname()
	return err != nil || host != h.Host || alive(h.PID), nil
}
