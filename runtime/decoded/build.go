package decoded

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/transform"
)

// use opens the file in the folder dir, and builds it first if it is not there, damaged or not finished.
func (s *samples) use(ctx context.Context, dir string, limit int64) error {
	if err := atomic.MkdirAll(atomic.OS{}, dir); err != nil {
		return err
	}
	path := filepath.Join(dir, "pixels")
	var err error
	if s.file, err = openFile(path, s.Len(), s.channels); err == nil {
		return nil
	}
	unlock, err := lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if s.file, err = openFile(path, s.Len(), s.channels); err == nil { // somebody else built it meanwhile
		return nil
	}
	if _, err := atomic.Clean(atomic.OS{}, dir); err != nil {
		return err
	}
	s.tell("decoding %d images once, to keep them in %s", s.Len(), dir)
	if err := atomic.WriteFile(atomic.OS{}, path, func(w io.Writer) error { return s.build(ctx, w, limit) }); err != nil {
		return err
	}
	s.file, err = openFile(path, s.Len(), s.channels)
	return err
}

// lock takes a file's lock, which the system frees when the process ends, however it does.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// build writes the pixels of all samples in their order. Several are read at once, a few more than there are processors.
func (s *samples) build(ctx context.Context, w io.Writer, limit int64) error {
	out := bufio.NewWriterSize(w, 1<<20)
	index := make([]entry, s.Len())
	images := make([]transform.Image, 2*runtime.GOMAXPROCS(0))
	var n uint64
	for first := 0; first < len(index); first += len(images) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		part := index[first:min(first+len(images), len(index))]
		var wg sync.WaitGroup
		for k := range part {
			wg.Go(func() { part[k] = s.make(first+k, &images[k]) })
		}
		wg.Wait()
		for k := range part {
			if part[k].Offset = n; part[k].Height == 0 {
				continue
			}
			n += uint64(len(images[k].Pix))
			if int64(n) > limit {
				return fmt.Errorf("they take more than loader.cache_gib = %g: %d of %d images reach it; raise it, or bound them by loader.cache_side", float64(limit)/(1<<30), first+k, len(index))
			}
			if _, err := out.Write(images[k].Pix); err != nil {
				return err
			}
		}
	}
	end, err := encode(index, s.channels, n)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, bytes.NewReader(end))
	if err != nil {
		return err
	}
	return out.Flush()
}

// make reads a sample; its entry is empty when that fails, for whatever reason: the loader will meet it again and report it.
func (s *samples) make(i int, m *transform.Image) (e entry) {
	defer func() {
		if recover() != nil {
			e, *m = entry{}, transform.Image{}
		}
	}()
	label, err := s.direct(i, m)
	if err != nil || m.Channels != s.channels {
		return entry{}
	}
	return entry{Height: uint32(m.Height), Width: uint32(m.Width), Label: label, Check: crc32.Checksum(m.Pix, castagnoli)}
}
