package fault

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ssc/runtime/checkpoint/atomic"
)

// Recorder passes calls on to FS and remembers them. All names lie under Root, which is empty at the beginning; renames stay inside
// one folder.
type Recorder struct {
	FS   atomic.FS
	Root string

	calls []call
}

type call struct {
	op       string // mkdir, create, append, write, sync, rename, remove, syncdir
	path, to []string
	data     []byte
	size     int64 // of append
}

// Calls is the number of calls so far.
func (r *Recorder) Calls() int { return len(r.calls) }

func (r *Recorder) note(op, name, to string, data []byte) {
	r.calls = append(r.calls, call{op: op, path: r.split(name), to: r.split(to), data: bytes.Clone(data)})
}

func (r *Recorder) split(name string) []string {
	rel, err := filepath.Rel(r.Root, name)
	if name == "" || err != nil || rel == "." {
		return nil
	}
	return strings.Split(rel, string(filepath.Separator))
}

// Mkdir makes a folder.
func (r *Recorder) Mkdir(name string) error {
	r.note("mkdir", name, "", nil)
	return r.FS.Mkdir(name)
}

// Create makes a file whose calls are remembered too.
func (r *Recorder) Create(name string) (atomic.File, error) {
	r.note("create", name, "", nil)
	f, err := r.FS.Create(name)
	return &recordedFile{f, r, name}, err
}

// Append opens a file whose calls are remembered too.
func (r *Recorder) Append(name string, size int64) (atomic.File, error) {
	r.calls = append(r.calls, call{op: "append", path: r.split(name), size: size})
	f, err := r.FS.Append(name, size)
	return &recordedFile{f, r, name}, err
}

// Rename renames a file or folder.
func (r *Recorder) Rename(from, to string) error {
	r.note("rename", from, to, nil)
	return r.FS.Rename(from, to)
}

// RemoveAll removes a file or folder.
func (r *Recorder) RemoveAll(name string) error {
	r.note("remove", name, "", nil)
	return r.FS.RemoveAll(name)
}

// SyncDir makes the entries of a folder durable.
func (r *Recorder) SyncDir(name string) error {
	r.note("syncdir", name, "", nil)
	return r.FS.SyncDir(name)
}

type recordedFile struct {
	atomic.File
	r    *Recorder
	name string
}

func (f *recordedFile) Write(p []byte) (int, error) {
	f.r.note("write", f.name, "", p)
	return f.File.Write(p)
}

func (f *recordedFile) Sync() error {
	f.r.note("sync", f.name, "", nil)
	return f.File.Sync()
}

// A Cut says what of the unsynced is still there after the power went.
type Cut func(rng *rand.Rand) bool

// Cuts are the ways in which a disk may have kept what was not synced: nothing, everything, or anything in between. With the last, each
// change of a folder is kept or lost by itself, and a file's unsynced bytes are kept, torn off, or replaced by zeros.
var Cuts = map[string]Cut{
	"nothing":    func(*rand.Rand) bool { return false },
	"everything": func(*rand.Rand) bool { return true },
	"something":  func(rng *rand.Rand) bool { return rng.IntN(2) == 0 },
}

// Cut writes to dir what a disk holds when the power goes after the first n calls.
func (r *Recorder) Cut(n int, dir string, keep Cut, rng *rand.Rand) error {
	root := newFolder()
	for _, c := range r.calls[:n] {
		if err := root.play(c); err != nil {
			return fmt.Errorf("%s %s: %w", c.op, strings.Join(c.path, "/"), err)
		}
	}
	return root.materialise(dir, keep, rng)
}

// inode is a file or folder with what of it is durable.
type inode struct {
	// Of a file: what it holds, and what it held when it was synced.
	data, stable []byte

	// Of a folder.
	entries, durable map[string]*inode
	pending          []change
}

// change is one unsynced change of a folder's entries; a rename changes two at once.
type change map[string]*inode

func newFolder() *inode { return &inode{entries: map[string]*inode{}, durable: map[string]*inode{}} }

func (i *inode) find(path []string) (*inode, error) {
	for _, name := range path {
		next := i.entries[name]
		if next == nil {
			return nil, os.ErrNotExist
		}
		i = next
	}
	return i, nil
}

func (i *inode) set(c change) {
	for name, to := range c {
		if to == nil {
			delete(i.entries, name)
		} else {
			i.entries[name] = to
		}
	}
	i.pending = append(i.pending, c)
}

func (i *inode) play(c call) error {
	last := len(c.path) - 1
	parent, err := i.find(c.path[:max(last, 0)])
	if err != nil {
		return err
	}
	switch c.op {
	case "mkdir":
		parent.set(change{c.path[last]: newFolder()})
		return nil
	case "create":
		parent.set(change{c.path[last]: {}})
		return nil
	case "append":
		if parent.entries[c.path[last]] == nil {
			parent.set(change{c.path[last]: {}})
		}
		file := parent.entries[c.path[last]]
		file.data = bytes.Clone(file.data[:c.size])
		return nil
	case "rename":
		moved := parent.entries[c.path[last]]
		if moved == nil {
			return os.ErrNotExist
		}
		parent.set(change{c.path[last]: nil, c.to[len(c.to)-1]: moved})
		return nil
	case "remove":
		if gone := parent.entries[c.path[last]]; gone != nil {
			gone.removeAll()
			parent.set(change{c.path[last]: nil})
		}
		return nil
	}
	node, err := i.find(c.path)
	if err != nil {
		return err
	}
	switch c.op {
	case "write":
		node.data = append(node.data, c.data...)
	case "sync":
		node.stable = bytes.Clone(node.data)
	case "syncdir":
		for _, p := range node.pending {
			p.apply(node.durable)
		}
		node.pending = nil
	}
	return nil
}

func (i *inode) removeAll() {
	for name, e := range i.entries {
		e.removeAll()
		i.set(change{name: nil})
	}
}

func (c change) apply(entries map[string]*inode) {
	for name, to := range c {
		if to == nil {
			delete(entries, name)
		} else {
			entries[name] = to
		}
	}
}

func (i *inode) materialise(name string, keep Cut, rng *rand.Rand) error {
	if i.entries == nil {
		return os.WriteFile(name, i.survivor(keep, rng), 0o666)
	}
	if err := os.MkdirAll(name, 0o777); err != nil {
		return err
	}
	for _, c := range i.pending {
		if keep(rng) {
			c.apply(i.durable)
		}
	}
	for _, entry := range slices.Sorted(maps.Keys(i.durable)) {
		if err := i.durable[entry].materialise(filepath.Join(name, entry), keep, rng); err != nil {
			return err
		}
	}
	return nil
}

// survivor is a file's content: what was synced, or what has changed since is kept, torn or zeroed.
func (i *inode) survivor(keep Cut, rng *rand.Rand) []byte {
	same := 0
	for same < min(len(i.data), len(i.stable)) && i.data[same] == i.stable[same] {
		same++
	}
	rest := len(i.data) - same
	switch {
	case keep(rng):
		return i.data
	case rest > 0 && keep(rng):
		return i.data[:same+rng.IntN(rest)]
	case keep(rng):
		return append(bytes.Clone(i.data[:same]), make([]byte, rest)...)
	}
	return i.stable
}
