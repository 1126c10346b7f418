package datasource

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// maxOpen is how many idle files of one source are kept open, or an eighth of what the process may open: there are several sources, and other
// things to open.
const maxOpen = 64

// fewDescriptors is the least that systems grant a process by default.
const fewDescriptors = 256

// handles reads the files of a source at any offset, by several goroutines at once.
type handles struct {
	paths []string

	mu   sync.Mutex
	open map[int]*handle
	tick uint64
}

type handle struct {
	f     *os.File
	users int
	used  uint64 // tick of the last use
}

// readAt fills b from an offset of a file; a file that ends before is an error. Errors do not name the file.
func (h *handles) readAt(file int, b []byte, off int64) error {
	x, err := h.take(file)
	if err != nil {
		return cause(err)
	}
	n, err := x.f.ReadAt(b, off)
	h.give(x)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return fmt.Errorf("truncated: no %d bytes at byte %d of it", len(b), off)
	}
	return cause(err)
}

// take returns a file that stays open until give. Files are opened outside the lock, because that is slow on a network disk.
func (h *handles) take(file int) (*handle, error) {
	if x := h.borrow(file); x != nil {
		return x, nil
	}
	f, err := openFile(h.paths[file], h.closeIdle)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = map[int]*handle{}
	}
	if x := h.open[file]; x != nil { // somebody else was faster
		f.Close()
		x.users++
		return x, nil
	}
	for most := min(maxOpen, descriptors()/8); len(h.open) >= most && h.closeOldest(); {
	}
	h.tick++
	x := &handle{f: f, users: 1, used: h.tick}
	h.open[file] = x
	return x, nil
}

func (h *handles) borrow(file int) *handle {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.open[file]
	if x != nil {
		h.tick++
		x.users++
		x.used = h.tick
	}
	return x
}

func (h *handles) give(x *handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.users--
	for most := min(maxOpen, descriptors()/8); len(h.open) > most && h.closeOldest(); {
	}
}

// closeOldest closes the idle file that was used longest ago; false when none is idle.
func (h *handles) closeOldest() bool {
	oldest, at := (*handle)(nil), 0
	for i, x := range h.open {
		if x.users == 0 && (oldest == nil || x.used < oldest.used) {
			oldest, at = x, i
		}
	}
	if oldest == nil {
		return false
	}
	oldest.f.Close()
	delete(h.open, at)
	return true
}

// closeIdle makes room for others when the process runs out of file descriptors.
func (h *handles) closeIdle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.closeOldest() {
	}
}

// Waiting for a file descriptor: other readers give theirs back within the time that one image takes.
const (
	firstWait, longestWait = time.Millisecond, time.Second
	patience               = time.Minute
)

// openFile opens a regular file for reading. When the process or the machine has no file descriptor left it calls free, which may be nil,
// and waits for one.
func openFile(path string, free func()) (*os.File, error) {
	for wait, waited := firstWait, time.Duration(0); ; wait = min(2*wait, longestWait) {
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would block
		if err == nil {
			return regular(f)
		}
		if !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE) || waited >= patience {
			return nil, err
		}
		if free != nil {
			free()
		}
		time.Sleep(wait)
		waited += wait
	}
}

// regular closes f again when it is a folder, pipe or device.
func regular(f *os.File) (*os.File, error) {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// scratch lends buffers to the readers of one source.
type scratch struct{ pool sync.Pool }

// take returns a buffer of n bytes, to be handed back by give.
func (s *scratch) take(n int) *[]byte {
	b, _ := s.pool.Get().(*[]byte)
	if b == nil {
		b = new([]byte)
	}
	if cap(*b) < n {
		*b = make([]byte, n)
	}
	*b = (*b)[:n]
	return b
}

func (s *scratch) give(b *[]byte) { s.pool.Put(b) }
