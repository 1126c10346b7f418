package checkpoint_test

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/atomic/fault"
)

// TestEveryFailingCall lets each call of a save fail in turn.
func TestEveryFailingCall(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for at, done := 0, false; !done; at++ {
			dir := filepath.Join(t.TempDir(), "checkpoints")
			save(t, checkpoint.OpenFS(unsynced{}, dir, 2), 1, 2)
			f := &fault.Failing{FS: unsynced{}, At: at, Err: cause}
			s := checkpoint.OpenFS(f, dir, 2)
			err := s.Save(3, state(3), loop{Position: 3, Plan: "ab<c"})
			done = f.Calls() <= at
			switch {
			case done && err != nil:
				t.Errorf("Save with no failing call: %v", err)
			case !done && !errors.Is(err, cause):
				t.Errorf("Save with call %d failing: error = %v, want %v", at, err, cause)
			case !done && cause == syscall.ENOSPC && !strings.Contains(err.Error(), "bytes are needed, ") && !strings.Contains(err.Error(), "is saved"):
				t.Errorf("Save with call %d failing: error = %v, want one with the bytes needed and free", at, err)
			}
			step, passed, err := latest(s)
			if step < 2 || len(passed) > 0 || err != nil {
				t.Errorf("after call %d failed: Latest() = %d, %v, %v, want 2 or 3", at, step, passed, err)
			}
			save(t, checkpoint.OpenFS(unsynced{}, dir, 2), 4) // the next interval succeeds
			if _, err := s.Clean(); err != nil {
				t.Error(err)
			}
			if got := names(t, dir); got[len(got)-1] != "latest" || len(got) != 3 {
				t.Errorf("after call %d failed and another save: files = %v, want two checkpoints and latest", at, got)
			}
			if at > 200 {
				t.Fatal("saving does not end")
			}
		}
	}
}

// unsynced is the machine's file system without the time that syncing takes.
type unsynced struct{ atomic.OS }

func (unsynced) SyncDir(string) error { return nil }

func (u unsynced) Create(name string) (atomic.File, error) {
	f, err := u.OS.Create(name)
	return unsyncedFile{f}, err
}

type unsyncedFile struct{ atomic.File }

func (unsyncedFile) Sync() error { return nil }

// TestPowerCut plays a power cut after every call of several saves, and lets the disk keep nothing, everything or something of what
// was not synced.
func TestPowerCut(t *testing.T) {
	root := t.TempDir()
	r := &fault.Recorder{FS: unsynced{}, Root: root}
	s := checkpoint.OpenFS(r, filepath.Join(root, "checkpoints"), 2)
	steps := []int{3, 5, 5, 8, 9}
	var saved []int // calls made when each save was done
	for _, step := range steps {
		save(t, s, step)
		saved = append(saved, r.Calls())
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range r.Calls() + 1 {
		safe := 0 // step of the last save that had returned
		for i, calls := range saved {
			if n >= calls {
				safe = steps[i]
			}
		}
		for name, keep := range fault.Cuts {
			for range map[string]int{"nothing": 1, "everything": 1, "something": 4}[name] {
				dir := filepath.Join(t.TempDir(), "disk")
				if err := r.Cut(n, dir, keep, rng); err != nil {
					t.Fatal(err)
				}
				after := checkpoint.OpenFS(unsynced{}, filepath.Join(dir, "checkpoints"), 2)
				_, err := after.Clean()
				step, passed, errLatest := latest(after)
				if err != nil || errLatest != nil || len(passed) > 0 || step < safe {
					t.Fatalf("power cut after call %d, keeping %s: Latest() = %d, %v, %v, %v, want at least %d", n, name, step, passed, err, errLatest, safe)
				}
				if name != "something" {
					continue
				}
				save(t, after, 11)
				if step, _, err := latest(after); step != 11 || err != nil {
					t.Fatalf("power cut after call %d, keeping %s: saving again: Latest() = %d, %v, want 11", n, name, step, err)
				}
			}
		}
	}
}
