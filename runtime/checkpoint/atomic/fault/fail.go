// Package fault has file systems that fail: one that reports an error at a chosen call, and one that remembers every call so that a
// power cut can be played at any of them. They stand in for atomic.OS in tests of what survives.
package fault

import "ssc/runtime/checkpoint/atomic"

// Failing passes calls on to FS and fails at the call number At, counted from 0, and at those after it until Times have failed; later calls
// work again. A write that fails has written half of its bytes.
type Failing struct {
	FS    atomic.FS
	At    int
	Times int // 0 is 1
	Err   error

	calls int
}

// Calls is the number of calls so far.
func (f *Failing) Calls() int { return f.calls }

func (f *Failing) fail() error {
	f.calls++
	if n := f.calls - 1; f.At <= n && n < f.At+max(f.Times, 1) {
		return f.Err
	}
	return nil
}

// Mkdir makes a folder.
func (f *Failing) Mkdir(name string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.FS.Mkdir(name)
}

// Create makes a file whose calls count too.
func (f *Failing) Create(name string) (atomic.File, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name)
	return &failingFile{file, f}, err
}

// Append opens a file whose calls count too.
func (f *Failing) Append(name string, size int64) (atomic.File, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	file, err := f.FS.Append(name, size)
	return &failingFile{file, f}, err
}

// Rename renames a file or folder.
func (f *Failing) Rename(from, to string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

// RemoveAll removes a file or folder.
func (f *Failing) RemoveAll(name string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.FS.RemoveAll(name)
}

// SyncDir makes the entries of a folder durable.
func (f *Failing) SyncDir(name string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.FS.SyncDir(name)
}

type failingFile struct {
	atomic.File
	fs *Failing
}

func (f *failingFile) Write(p []byte) (int, error) {
	if err := f.fs.fail(); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *failingFile) Sync() error {
	if err := f.fs.fail(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *failingFile) Close() error {
	err := f.fs.fail()
	if closing := f.File.Close(); err == nil {
		err = closing
	}
	return err
}
