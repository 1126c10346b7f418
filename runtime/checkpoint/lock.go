package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// RunLock marks a run folder as in use.
type RunLock struct{ file *os.File }

// holder is what the lock file says of who has it.
type holder struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// Lock takes the run folder dir for this process. A second process gets an error that says which host and process has it since when.
// The system frees the lock when the process ends, however it ends; the file stays.
func Lock(dir string) (*RunLock, error) {
	name := filepath.Join(dir, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("locking the run folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", name, err)
		}
		return nil, fmt.Errorf("%s is in use by %s", dir, readHolder(f))
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	text, err := json.Marshal(holder{host, os.Getpid(), time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", name, err), f.Close())
	}
	return &RunLock{f}, nil
}

func readHolder(r io.Reader) string {
	var h holder
	if err := json.NewDecoder(io.LimitReader(r, 4096)).Decode(&h); err != nil {
		return "another process, which did not say more yet"
	}
	return fmt.Sprintf("process %d on %s since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// Unlock frees the folder.
func (l *RunLock) Unlock() error { return l.file.Close() }
