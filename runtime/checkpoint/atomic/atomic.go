// Package atomic writes files and folders so that after a crash or a power cut either the old or the new content is there, whole.
//
// The order is the point: write under a temporary name, sync every file, sync the folder that lists them, rename, sync the parent.
// Nothing is changed in its place, and after a failed sync nothing is tried again on the same file, whose pages the kernel may have
// marked clean. All calls go through [FS], which tests replace to fail at any call or to lose what was not synced.
//
// What a killed process leaves is called <name>.tmp-<pid>; [Clean] removes it. Every package that writes under a run folder does so
// through this one.
package atomic

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"ssc/runtime/failpoint"
)

// FS is what durable writing needs of a file system. Names are paths.
type FS interface {
	Mkdir(name string) error
	// Create makes a new file; the name must be free.
	Create(name string) (File, error)
	// Append opens a file to go on behind its first size bytes; what lies behind them is cut off. With size 0 the file need not be there.
	Append(name string, size int64) (File, error)
	Rename(from, to string) error
	RemoveAll(name string) error
	// SyncDir makes the entries of a folder durable.
	SyncDir(name string) error
}

// File is a file being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// OS is the machine's file system.
type OS struct{}

// Mkdir makes a folder.
func (OS) Mkdir(name string) error { return os.Mkdir(name, 0o777) }

// Create makes a new file.
func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// Append opens a file to go on behind its first size bytes.
func (OS) Append(name string, size int64) (File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.Size() < size:
		err = fmt.Errorf("%s has %d bytes, fewer than %d", name, info.Size(), size)
	case err == nil && info.Size() > size:
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Rename renames a file or folder.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// RemoveAll removes a file or folder, if it is there.
func (OS) RemoveAll(name string) error { return os.RemoveAll(name) }

// SyncDir makes the entries of a folder durable.
func (OS) SyncDir(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func temporary(name string) string { return name + ".tmp-" + strconv.Itoa(os.Getpid()) }

// Replaced is where [WriteDir] keeps the folder that it replaces until the new one is in its place. After a power cut it may be the
// only one there.
func Replaced(name string) string { return name + ".replaced" }

// MkdirAll makes a folder and those above it that are missing, durably.
func MkdirAll(f FS, dir string) error {
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("%s is there and no folder", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if err := MkdirAll(f, parent); err != nil {
		return err
	}
	if err := f.Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) { // somebody else may have been faster
		return err
	}
	return f.SyncDir(parent)
}

// WriteFile replaces the file name by what write writes.
func WriteFile(f FS, name string, write func(io.Writer) error) error {
	tmp := temporary(name)
	if err := f.RemoveAll(tmp); err != nil {
		return err
	}
	err := create(f, tmp, write)
	if err == nil {
		err = rename(f, tmp, name)
	}
	if err != nil {
		return errors.Join(err, f.RemoveAll(tmp))
	}
	return f.SyncDir(filepath.Dir(name))
}

// WriteBytes replaces the file name by b.
func WriteBytes(f FS, name string, b []byte) error {
	return WriteFile(f, name, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// WriteDir replaces the folder dir by one with the files that fill adds.
func WriteDir(f FS, dir string, fill func(add func(name string, write func(io.Writer) error) error) error) error {
	tmp := temporary(dir)
	if err := f.RemoveAll(tmp); err != nil {
		return err
	}
	err := f.Mkdir(tmp)
	if err == nil {
		err = fill(func(name string, write func(io.Writer) error) error {
			return create(f, filepath.Join(tmp, name), write)
		})
	}
	if err == nil {
		err = f.SyncDir(tmp)
	}
	if err != nil {
		return errors.Join(err, f.RemoveAll(tmp))
	}
	return replace(f, tmp, dir)
}

// replace renames tmp to dir. No call exchanges two folders on every file system, so an old one is set aside first.
func replace(f FS, tmp, dir string) error {
	parent := filepath.Dir(dir)
	_, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := rename(f, tmp, dir); err != nil {
			return errors.Join(err, f.RemoveAll(tmp))
		}
		return f.SyncDir(parent)
	}
	if err != nil {
		return errors.Join(err, f.RemoveAll(tmp))
	}
	if err := f.RemoveAll(Replaced(dir)); err != nil {
		return errors.Join(err, f.RemoveAll(tmp))
	}
	if err := rename(f, dir, Replaced(dir)); err != nil {
		return errors.Join(err, f.RemoveAll(tmp))
	}
	if err := rename(f, tmp, dir); err != nil {
		return errors.Join(err, f.Rename(Replaced(dir), dir), f.RemoveAll(tmp))
	}
	if err := f.SyncDir(parent); err != nil {
		return err
	}
	if err := f.RemoveAll(Replaced(dir)); err != nil {
		return err
	}
	return f.SyncDir(parent) // else the old one could outlive the new one
}

// RemoveDir removes a folder so that it disappears whole.
func RemoveDir(f FS, dir string) error {
	tmp := temporary(dir)
	if err := f.RemoveAll(tmp); err != nil {
		return err
	}
	if err := rename(f, dir, tmp); err != nil {
		return err
	}
	if err := f.SyncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	return f.RemoveAll(tmp)
}

func create(f FS, name string, write func(io.Writer) error) error {
	file, err := f.Create(name)
	if err != nil {
		return err
	}
	err = write(failpoint.Write.Writer(file))
	if err == nil {
		err = failpoint.Sync.Hit()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func rename(f FS, from, to string) error {
	if err := failpoint.RenameBefore.Hit(); err != nil {
		return err
	}
	if err := f.Rename(from, to); err != nil {
		return err
	}
	return failpoint.RenameAfter.Hit()
}

var leftover = regexp.MustCompile(`\.tmp-\d+$`)

// Clean removes what killed processes left in dir and returns the names. The caller knows that no other process writes there.
func Clean(f FS, dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !leftover.MatchString(e.Name()) {
			continue
		}
		if err := f.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return names, err
		}
		names = append(names, e.Name())
	}
	return names, nil
}
