// Package checkpoint saves the state of a run and finds it again.
//
// A run's checkpoints lie in one folder, one folder each, named by its step:
//
//	checkpoints/000120/weights.safetensors      parameters, buffers, teachers
//	checkpoints/000120/optimizer.safetensors    the rest of the state
//	checkpoints/000120/manifest.json            size and sha256 of both, and where the loop stood
//	checkpoints/latest                          the name of the newest, for people and other tools
//
// A checkpoint appears whole or not at all (see [atomic]); equal state gives equal bytes. Loading checks every byte against the
// manifest and the manifest against itself; a damaged checkpoint is passed over in favour of the one before, never silently.
package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/failpoint"
)

// Names of the files of a checkpoint.
const (
	weightsFile   = "weights.safetensors"
	optimizerFile = "optimizer.safetensors"
	manifestFile  = "manifest.json"
	latestFile    = "latest"
)

// Tensor is one tensor of the state. Data is row-major and little-endian; Role is one of the roles of plan.State.
type Tensor struct {
	Name  string
	DType string
	Dims  []int
	Role  string
	Data  []byte
}

// Store is the checkpoints folder of a run. One process uses it at a time, see [Lock].
type Store struct {
	dir  string
	keep int
	fs   atomic.FS
}

// Open returns the store in the folder dir, which need not exist. Save keeps the newest keep checkpoints, all of them for keep < 1.
func Open(dir string, keep int) *Store { return OpenFS(atomic.OS{}, dir, keep) }

// OpenFS is Open with another way to write.
func OpenFS(f atomic.FS, dir string, keep int) *Store { return &Store{dir, keep, f} }

func folder(step int) string { return fmt.Sprintf("%06d", step) }

// Save writes the state after step optimizer steps. Loop is what else the loop must know to go on (epoch, position, plan digest, …),
// given back as JSON by [Checkpoint.Loop]. After an error the older checkpoints are still there, and what was written of this one is
// discarded: the next interval makes a new one from the start.
func (s *Store) Save(step int, state []Tensor, loop any) error {
	name := folder(step)
	if err := s.save(name, step, state, loop); err != nil {
		return fmt.Errorf("%s: saving: %w", s.label(name), s.explain(err, state))
	}
	if err := s.prune(step); err != nil {
		return fmt.Errorf("%s is saved, but not all older ones could be removed: %w", s.label(name), err)
	}
	return nil
}

func (s *Store) save(name string, step int, state []Tensor, loop any) error {
	raw, err := json.Marshal(loop)
	if err != nil {
		return err
	}
	if err := atomic.MkdirAll(s.fs, s.dir); err != nil {
		return err
	}
	var weights, rest []safetensors.Tensor
	for _, t := range state {
		st := safetensors.Tensor{Info: safetensors.Info{Name: t.Name, DType: t.DType, Dims: t.Dims}, Data: t.Data}
		switch t.Role {
		case plan.RoleParam, plan.RoleBuffer, plan.RoleTeacher:
			weights = append(weights, st)
		default:
			rest = append(rest, st)
		}
	}
	m := manifest{Format: Format, Step: step, Loop: raw}
	err = atomic.WriteDir(s.fs, filepath.Join(s.dir, name), func(add func(string, func(io.Writer) error) error) error {
		for _, file := range []struct {
			name    string
			tensors []safetensors.Tensor
		}{{weightsFile, weights}, {optimizerFile, rest}} {
			sum := &counter{hash: sha256.New()}
			err := add(file.name, func(w io.Writer) error {
				return safetensors.Write(io.MultiWriter(w, sum), file.tensors, map[string]string{"format": "ssc"})
			})
			if err != nil {
				return fmt.Errorf("%s: %w", file.name, err)
			}
			m.Files = append(m.Files, fileSum{file.name, sum.bytes, hex.EncodeToString(sum.hash.Sum(nil))})
		}
		text, err := m.encode()
		if err != nil {
			return err
		}
		return add(manifestFile, func(w io.Writer) error { _, err := w.Write(text); return err })
	})
	if err != nil {
		return err
	}
	if err := failpoint.LatestBefore.Hit(); err != nil {
		return err
	}
	if err := s.point(name); err != nil {
		return err
	}
	return failpoint.LatestAfter.Hit()
}

// point makes latest name a checkpoint.
func (s *Store) point(name string) error {
	return atomic.WriteFile(s.fs, filepath.Join(s.dir, latestFile), func(w io.Writer) error {
		_, err := io.WriteString(w, name+"\n")
		return err
	})
}

// explain adds the numbers to an error of a full disk or quota.
func (s *Store) explain(err error, state []Tensor) error {
	full, quota := errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT)
	if !full && !quota {
		return err
	}
	need := 0
	for _, t := range state {
		need += len(t.Data)
	}
	var fs syscall.Statfs_t
	for dir := s.dir; syscall.Statfs(dir, &fs) != nil; dir = filepath.Dir(dir) {
		if dir == filepath.Dir(dir) {
			return fmt.Errorf("%w: %d bytes are needed", err, need)
		}
	}
	free := fmt.Sprintf("%d are free", fs.Bavail*uint64(fs.Bsize))
	if quota {
		free += " on the disk, but not within the quota"
	}
	return fmt.Errorf("%w: %d bytes are needed, %s", err, need, free)
}

// counter sums up what is written to it.
type counter struct {
	hash  hash.Hash
	bytes int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return c.hash.Write(p)
}

// label is how messages name a checkpoint: checkpoints/000120.
func (s *Store) label(name string) string { return filepath.Join(filepath.Base(s.dir), name) }

var stepName = regexp.MustCompile(`^(\d{6,})(\.replaced)?$`)

// stored is a checkpoint's folder, complete or not.
type stored struct {
	name string
	step int
}

// list returns what is there, newest step first, whatever the clock said. A folder that was being replaced comes after its successor.
func (s *Store) list() ([]stored, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	var list []stored
	for _, e := range entries {
		m := stepName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		if step, err := strconv.Atoi(m[1]); err == nil && folder(step) == m[1] {
			list = append(list, stored{e.Name(), step})
		}
	}
	slices.SortStableFunc(list, func(a, b stored) int {
		if a.step != b.step {
			return b.step - a.step
		}
		return len(a.name) - len(b.name)
	})
	return list, nil
}

// prune removes the older ones of more than keep checkpoints, and what was set aside and has its successor. Those of later steps, which a run met damaged and fell back from, stay
// until it gets there again.
func (s *Store) prune(step int) error {
	if s.keep < 1 {
		return nil
	}
	list, err := s.list()
	if err != nil {
		return err
	}
	seen, last := 0, -1
	for _, c := range list {
		if c.step > step {
			continue
		}
		superseded := c.step == last
		last = c.step
		if !superseded {
			seen++
		}
		if superseded || seen > s.keep {
			if err := failpoint.Prune.Hit(); err != nil {
				return err
			}
			if err := atomic.RemoveDir(s.fs, filepath.Join(s.dir, c.name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Clean removes what killed processes left in the store and returns the names.
func (s *Store) Clean() ([]string, error) {
	names, err := atomic.Clean(s.fs, s.dir)
	if err != nil {
		return names, fmt.Errorf("cleaning up %s: %w", s.dir, err)
	}
	return names, nil
}

// Tidy finishes what a process was killed at after its newest checkpoint, c, was complete: the folder has its own name, latest names it, and older ones are removed.
// The Path of c may change.
func (s *Store) Tidy(c *Checkpoint) error {
	name := folder(c.Step)
	if err := s.tidy(c, name); err != nil {
		return fmt.Errorf("%s: finishing what was interrupted: %w", s.label(name), err)
	}
	return nil
}

func (s *Store) tidy(c *Checkpoint, name string) error {
	if path := filepath.Join(s.dir, name); c.Path != path { // its successor never came, or is damaged
		if err := s.fs.RemoveAll(path); err != nil {
			return err
		}
		if err := s.fs.Rename(c.Path, path); err != nil {
			return err
		}
		if err := s.fs.SyncDir(s.dir); err != nil {
			return err
		}
		c.Path = path
	}
	if text, err := os.ReadFile(filepath.Join(s.dir, latestFile)); err != nil || string(text) != name+"\n" {
		if err := s.point(name); err != nil {
			return err
		}
	}
	return s.prune(c.Step)
}

// Latest returns the newest complete checkpoint and, in passed, one error for each newer one that is damaged. It returns nil for a
// store without checkpoints, and an error when all of those that are there are damaged.
func (s *Store) Latest() (c *Checkpoint, passed []error, err error) {
	list, err := s.list()
	if err != nil {
		return nil, nil, err
	}
	for _, at := range list {
		c, err := s.open(at)
		if err == nil {
			return c, passed, nil
		}
		passed = append(passed, err)
	}
	if len(list) > 0 {
		return nil, passed, fmt.Errorf("no checkpoint is complete: %w", errors.Join(passed...))
	}
	return nil, nil, nil
}

// Load returns the checkpoint of a step.
func (s *Store) Load(step int) (*Checkpoint, error) { return s.open(stored{folder(step), step}) }
