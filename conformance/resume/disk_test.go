package resume

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/atomic/fault"
	"ssc/runtime/train"
)

// unsynced is the machine's file system without the time that syncing takes.
type unsynced struct{ atomic.OS }

func (unsynced) SyncDir(string) error { return nil }

func (u unsynced) Create(name string) (atomic.File, error) {
	f, err := u.OS.Create(name)
	return unsyncedFile{f}, err
}

func (u unsynced) Append(name string, size int64) (atomic.File, error) {
	f, err := u.OS.Append(name, size)
	return unsyncedFile{f}, err
}

type unsyncedFile struct{ atomic.File }

func (unsyncedFile) Sync() error { return nil }

// every is how many states or calls the tests here leave out between two, so that they take seconds; none in the long form.
func every(short int) int {
	if *campaignKills > 0 {
		return 1
	}
	return short
}

// TestPowerCut cuts the power during a whole run, plan, metrics and checkpoints: what the disk may then hold is taken up and ends in the same bits.
func TestPowerCut(t *testing.T) {
	root := t.TempDir()
	r := &fault.Recorder{FS: unsynced{}, Root: root}
	if _, err := tiny().run(context.Background(), train.Options{Dir: filepath.Join(root, "run"), FS: r}); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(uint64(*campaignSeed), 1))
	names := []string{"nothing", "everything", "something", "something"}
	states := 0
	for n := rng.IntN(every(89)); n <= r.Calls(); n += every(89) {
		cuts := names
		if every(89) > 1 {
			cuts = names[states%4 : states%4+1]
		}
		for _, name := range cuts {
			states++
			dir := filepath.Join(t.TempDir(), "disk")
			if err := r.Cut(n, dir, fault.Cuts[name], rng); err != nil {
				t.Fatal(err)
			}
			got, _ := tiny().finish(t, train.Options{Dir: filepath.Join(dir, "run"), FS: unsynced{}})
			if compare(t, got, undisturbed()); t.Failed() {
				t.Fatalf("after a power cut after call %d of %d, keeping %s", n, r.Calls(), name)
			}
			os.RemoveAll(dir)
		}
	}
	t.Logf("%d states of %d calls", states, r.Calls())
}

// TestFailingCalls lets one call of a whole run fail at a time: writing, syncing, closing, renaming, making folders.
func TestFailingCalls(t *testing.T) {
	count := &fault.Failing{FS: unsynced{}, At: -1}
	if _, err := tiny().run(context.Background(), train.Options{Dir: filepath.Join(t.TempDir(), "run"), FS: count}); err != nil {
		t.Fatal(err)
	}
	completed, ended := 0, 0
	for at := 0; at < count.Calls(); at += every(89) {
		causes := []error{syscall.ENOSPC, syscall.EIO}
		if every(89) > 1 {
			causes = causes[at%2 : at%2+1]
		}
		for _, cause := range causes {
			dir := filepath.Join(t.TempDir(), "run")
			said, err := tiny().run(context.Background(), train.Options{Dir: dir, FS: &fault.Failing{FS: unsynced{}, At: at, Err: cause}})
			var refused train.Refused
			switch {
			case err == nil:
				completed++
			case !errors.Is(err, cause) || !errors.As(err, &refused) && !errors.Is(err, train.ErrFailed):
				t.Fatalf("with call %d failing by %v the run ended with %v, want the cause in a refusal or failure", at, cause, err)
			default:
				ended++
			}
			got, _ := tiny().finish(t, train.Options{Dir: dir, FS: unsynced{}})
			if compareStopped(t, got, undisturbed()); t.Failed() {
				t.Fatalf("with call %d of %d failing by %v; the run ended with %v and said %s", at, count.Calls(), cause, err, said.said())
			}
			os.RemoveAll(dir)
		}
	}
	if completed == 0 || ended == 0 {
		t.Errorf("%d runs completed in spite of a failing call and %d ended, want some of both", completed, ended)
	}
	t.Logf("%d calls: %d runs completed, %d ended and were resumed", count.Calls(), completed, ended)
}

// TestDiskStaysFull: the third failure in a row ends the run; the older checkpoint stays, and what is said has the numbers.
func TestDiskStaysFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	c := armed(program(t, dir, 2), "sync", "enospc:17+") // after the second checkpoint
	out, err := c.CombinedOutput()
	if exitCode(err) != 4 {
		t.Errorf("a run whose disk stays full ended with %v, want exit code 4", err)
	}
	for _, want := range []string{
		`not saved \(1 of 3 failures in a row that end the run\), older checkpoints are kept and the next interval tries again: checkpoints/\d+: saving: .*no space left on device: \d+ bytes are needed, \d+ are free`,
		`not saved \(2 of 3`,
		`the run failed: saving failed 3 times in a row: checkpoints/`,
	} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("the run said %s, want a match of %s", out, want)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "checkpoints"))
	if err != nil || len(entries) < 2 {
		t.Errorf("checkpoints after three failures = %v, %v, want those of before", entries, err)
	}
	got, _ := tiny().finish(t, train.Options{Dir: dir})
	compareStopped(t, got, undisturbed())
}

// TestSyncIsNotRetried: after a failed sync nothing is tried again on the same file; the next checkpoint and a new metrics.jsonl are whole.
func TestSyncIsNotRetried(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	f := &syncs{files: map[string]bool{}, fail: 3}
	said, err := tiny().run(context.Background(), train.Options{Dir: dir, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	if f.retried != "" {
		t.Errorf("%s was synced again after its sync had failed", f.retried)
	}
	if n := strings.Count(said.said(), "input/output error"); n != 2 {
		t.Errorf("%d failures were told, want 2, of metrics.jsonl and of a checkpoint:\n%s", n, said.said())
	}
	compareStopped(t, outcome(t, dir), undisturbed())
	if text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl")); err != nil || len(text) == 0 || strings.ContainsRune(string(text), 0) {
		t.Errorf("metrics.jsonl = %q, %v, want text", text, err)
	}
}

// syncs is a file system on which the syncs number fail and fail+1 of files that a checkpoint waits for fail; it watches that nobody syncs such a file again.
type syncs struct {
	unsynced
	files   map[string]bool // names whose sync failed; a new file of the name is another one
	metrics bool
	weights bool
	fail    int
	retried string
}

type syncedFile struct {
	atomic.File
	fs   *syncs
	name string
	bad  bool
}

func (s *syncs) Create(name string) (atomic.File, error) {
	f, err := s.OS.Create(name)
	return &syncedFile{f, s, name, false}, err
}

func (s *syncs) Append(name string, size int64) (atomic.File, error) {
	f, err := s.OS.Append(name, size)
	return &syncedFile{f, s, name, false}, err
}

func (f *syncedFile) Sync() error {
	if f.bad {
		f.fs.retried = f.name
	}
	fails := func(done *bool, name string) bool {
		if *done || !strings.HasSuffix(f.name, name) {
			return false
		}
		*done, f.bad = true, true
		return true
	}
	if fails(&f.fs.metrics, "metrics.jsonl") || f.fs.metrics && fails(&f.fs.weights, "weights.safetensors") {
		return syscall.EIO
	}
	return nil
}

// own runs this test again in a process of its own with its own view of the mounted file systems, where it may mount what it wants; in that process it returns true.
func own(t *testing.T) bool {
	t.Helper()
	const marker = "SSC_RESUME_MOUNTS"
	if os.Getenv(marker) == t.Name() {
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("mounting takes root")
	}
	c := again(t)
	c.Env = append(c.Env, marker+"="+t.Name())
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := c.CombinedOutput()
	if err != nil && strings.Contains(err.Error(), "operation not permitted") {
		t.Skip("mounting is not permitted here")
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// TestFullDisk runs on a small file system that fills up and is cleared.
func TestFullDisk(t *testing.T) {
	if !own(t) {
		return
	}
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(root, 0) })
	ballast := filepath.Join(root, "ballast")
	r := &told{}
	r.step = func(s train.Status) {
		switch {
		case s.Step == 5:
			f, err := os.Create(ballast)
			for err == nil {
				_, err = f.Write(make([]byte, 4096))
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("filling the disk: %v", err)
			}
			f.Close()
		case s.Step == 7:
			if !strings.Contains(r.said(), "bytes are needed, 0 are free") {
				t.Errorf("the full disk was not told of: %s", r.said())
			}
			if err := os.Remove(ballast); err != nil {
				t.Error(err)
			}
		}
	}
	dir := filepath.Join(root, "run")
	if _, err := tiny().run(context.Background(), train.Options{Dir: dir, Report: r}); err != nil {
		t.Errorf("a run whose disk was full for a while ended with %v, want no error", err)
	}
	compareStopped(t, outcome(t, dir), undisturbed())
}

// TestReadOnlyMount: a run folder that cannot be written is refused before data is read.
func TestReadOnlyMount(t *testing.T) {
	if !own(t) {
		return
	}
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(root, 0) })
	refusedBeforeData(t, filepath.Join(root, "runs", "tiny"), root+": read-only file system")
}

// refusedBeforeData demands a refusal that names the folder, with data that is not there: nobody has looked for it.
func refusedBeforeData(t *testing.T, dir, want string) {
	t.Helper()
	_, err := compile(t, filepath.Join(dir, "no data")).run(context.Background(), train.Options{Dir: dir})
	var refused train.Refused
	if !errors.As(err, &refused) || !strings.Contains(fmt.Sprint(err), want) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a run in %s ended with %v, want a refusal with %q", dir, err, want)
	}
}
