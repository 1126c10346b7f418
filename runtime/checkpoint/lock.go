package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// LockFile is the name of the lock in a run folder. The file stays when the lock is freed.
const LockFile = "lock"

// RunLock marks a run folder as in use: by flock, which the system frees when the process ends, however it ends, and by a heartbeat in the lock's file, for file systems
// that share no flock between machines.
type RunLock struct {
	file *os.File
	dir  string
	me   holder
	stop chan struct{}
	done sync.WaitGroup

	mu   sync.Mutex
	lost error
}

// holder is what the lock's file says of who has it. Beat changes while the process lives; an empty file says that nobody has it.
type holder struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"` // for people; nothing is computed from it
	Beat  int       `json:"beat"`
}

func (h holder) String() string {
	return fmt.Sprintf("process %d on %s since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// same reports whether two are the same process.
func (h holder) same(o holder) bool {
	return h.Host == o.Host && h.PID == o.PID && h.Since.Equal(o.Since)
}

// locking is how a folder is locked.
type locking struct {
	host         string
	flock        func(fd int) error
	every, stale time.Duration
	note         func(format string, args ...any)
}

// The heartbeat: a process of another machine whose beat stands still for stale is taken for dead. Six beats, for a network disk may stall for some.
const (
	beatEvery  = 10 * time.Second
	staleAfter = time.Minute
)

// Lock takes the run folder dir for this process. A second process gets an error that says which host and process has it since when. What a dead process left is taken over, which
// notes, if given, are told; when that process was on another machine this takes a minute, in which it could show that it lives.
func Lock(dir string, notes ...func(format string, args ...any)) (*RunLock, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	flock := func(fd int) error { return syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) }
	note := func(format string, args ...any) {
		for _, f := range notes {
			f(format, args...)
		}
	}
	return locking{host, flock, beatEvery, staleAfter, note}.lock(dir)
}

func (o locking) lock(dir string) (*RunLock, error) {
	name := filepath.Join(dir, LockFile)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("locking the run folder: %w", err)
	}
	shared := true // the file system keeps other processes of this machine out
	switch err := o.flock(int(f.Fd())); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		defer f.Close()
		return nil, fmt.Errorf("%s is in use by %s", dir, describe(f))
	case errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EINVAL):
		shared = false
	case err != nil:
		return nil, errors.Join(fmt.Errorf("locking %s: %w", name, err), f.Close())
	}
	l := &RunLock{file: f, dir: dir, me: holder{o.host, os.Getpid(), time.Now().UTC(), 1}, stop: make(chan struct{})}
	if err := o.take(l, shared); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l.done.Go(func() { l.beat(o.every) })
	return l, nil
}

// take writes this process into the lock's file, once whoever stands there is gone.
func (o locking) take(l *RunLock, shared bool) error {
	switch h, err := readHolder(l.file); {
	case errors.Is(err, io.EOF): // nobody
	case err != nil:
		o.note("the lock of %s is damaged: taken over", l.dir)
	case h.Host == o.host && (shared || !alive(h.PID)):
		o.note("the lock of %s, left by %s, is taken over: that process is gone", l.dir, h)
	default:
		if o.changes(l, h) {
			return fmt.Errorf("%s is in use by %s", l.dir, h)
		}
		o.note("the lock of %s, left by %s, is taken over: it shows no life", l.dir, h)
	}
	if err := l.write(); err != nil {
		return fmt.Errorf("locking %s: %w", l.file.Name(), err)
	}
	if shared {
		return nil
	}
	time.Sleep(o.every / 5) // of several that took it at once the last one has it
	return l.Check()
}

// changes watches the lock of a process that may live on another machine, and reports whether it does.
func (o locking) changes(l *RunLock, h holder) bool {
	o.note("%s was locked by %s: waiting up to %s for a sign of life", l.dir, h, o.stale)
	for waited := time.Duration(0); waited < o.stale; waited += o.every {
		time.Sleep(o.every)
		now, err := l.current()
		if err == nil && now != h {
			return true
		}
	}
	return false
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// maxHolder is the length of the lock's file, blanks at its end.
const maxHolder = 512

func readHolder(r io.Reader) (h holder, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxHolder))
	if err != nil {
		return h, err
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return h, io.EOF
	}
	return h, json.Unmarshal(text, &h)
}

func describe(r io.Reader) string {
	h, err := readHolder(r)
	if err != nil {
		return "another process, which did not say more yet"
	}
	return h.String()
}

// current opens the file anew: only so does a network file system show what others wrote.
func (l *RunLock) current() (holder, error) {
	f, err := os.Open(l.file.Name())
	if err != nil {
		return holder{}, err
	}
	defer f.Close()
	return readHolder(f)
}

// write replaces the file's text in one call.
func (l *RunLock) write() error {
	text, err := json.Marshal(l.me)
	if err != nil {
		return err
	}
	text = append(text, strings.Repeat(" ", max(0, maxHolder-1-len(text)))...)
	if _, err := l.file.WriteAt(append(text, '\n'), 0); err != nil {
		return err
	}
	return l.file.Sync()
}

// beat shows that this process lives. A beat that cannot be written is no reason to stop: the next may succeed.
func (l *RunLock) beat(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			if l.Check() == nil {
				l.mu.Lock()
				l.me.Beat++
				_ = l.write()
				l.mu.Unlock()
			}
		}
	}
}

// Check returns an error when another process has taken the folder, which happens when this one showed no life for a while. Nothing may be written into the folder then.
func (l *RunLock) Check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost == nil {
		if h, err := l.current(); err == nil && !h.same(l.me) {
			l.lost = fmt.Errorf("%s was taken over by %s", l.dir, h)
		}
	}
	return l.lost
}

// Unlock frees the folder.
func (l *RunLock) Unlock() error {
	close(l.stop)
	l.done.Wait()
	if l.Check() != nil {
		return l.file.Close()
	}
	return errors.Join(l.file.Truncate(0), l.file.Close())
}
