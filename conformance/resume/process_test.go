package resume

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ssc/runtime/failpoint"
	"ssc/runtime/ort"
	"ssc/runtime/train"
)

// TestPanic: a panic outside of a sample is said to be a bug, exits with 70 and leaves the checkpoints whole.
func TestPanic(t *testing.T) {
	for _, point := range []failpoint.Point{failpoint.StepAfter, failpoint.Dispatch, failpoint.Write} {
		dir := filepath.Join(t.TempDir(), "run")
		n := map[failpoint.Point]int{failpoint.StepAfter: 8, failpoint.Dispatch: 9, failpoint.Write: 150}[point]
		out, err := armed(program(t, dir, 2), point, fmt.Sprintf("panic:%d", n)).CombinedOutput()
		if exitCode(err) != 70 || !strings.Contains(string(out), "This is a bug in ssc") || !strings.Contains(string(out), "failpoint "+string(point)) {
			t.Errorf("with a panic at %s: %v, %s, want exit code 70 and the panic", point, err, out)
		}
		got, said := tiny().finish(t, train.Options{Dir: dir})
		if strings.Contains(said.said(), "damaged") {
			t.Errorf("after a panic at %s: %s", point, said.said())
		}
		compare(t, got, undisturbed())
	}
}

// start begins a process and returns what it says.
func start(t *testing.T, c *exec.Cmd) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return &out
}

// TestSignals sends SIGINT, SIGTERM and SIGHUP at random moments: the process ends within five seconds with code 3, or with 0 when it was done, and says how to go on.
func TestSignals(t *testing.T) {
	rng := rand.New(rand.NewSource(*campaignSeed))
	rounds, stopped := 3, 0
	if *campaignKills > 0 {
		rounds = 60
	}
	c, want := longer(), undisturbedLonger()
	for i := range rounds {
		sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[i%3]
		w := workerCounts[i%len(workerCounts)]
		dir := filepath.Join(t.TempDir(), "run")
		p := c.program(t, dir, w)
		out := start(t, p)
		awaitFile(t, filepath.Join(dir, "metrics.jsonl"))
		time.Sleep(time.Duration(rng.Intn(300)) * time.Millisecond)
		began := time.Now()
		_ = p.Process.Signal(sig)
		err := p.Wait()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%v took %s, want at most 5 s", sig, took)
		}
		switch exitCode(err) {
		case 0: // it was done
		case 3:
			stopped++
			if !strings.Contains(out.String(), "go on with: ssc run "+dir) {
				t.Errorf("after %v the run said %s, want how to go on", sig, out)
			}
		default:
			t.Errorf("after %v the run ended with %v: %s", sig, err, out)
		}
		got, _ := c.finish(t, train.Options{Dir: dir, Workers: w})
		compareStopped(t, got, want)
	}
	if stopped == 0 {
		t.Error("every run was done before its signal: the test proves nothing")
	}
}

// awaitFile waits until a file is there.
func awaitFile(t *testing.T, name string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(2 * time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			return
		}
	}
	t.Fatalf("%s did not appear", name)
}

// TestSecondSignal: the second signal ends the process at once, in the middle of what it was doing, and nothing half-written is taken up.
func TestSecondSignal(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		dir := filepath.Join(t.TempDir(), "run")
		p := armed(program(t, dir, 2), failpoint.Write, "sleep:100+") // a checkpoint takes minutes
		out := start(t, p)
		awaitFile(t, filepath.Join(dir, "checkpoints"))
		time.Sleep(100 * time.Millisecond)
		_ = p.Process.Signal(sig)
		time.Sleep(50 * time.Millisecond)
		began := time.Now()
		_ = p.Process.Signal(sig)
		err := p.Wait()
		if code := exitCode(err); code != 128+int(sig) || time.Since(began) > time.Second {
			t.Errorf("the second %v: exit code %d after %s, want %d at once; the run said %s", sig, code, time.Since(began), 128+int(sig), out)
		}
		got, said := tiny().finish(t, train.Options{Dir: dir})
		if strings.Contains(said.said(), "damaged") {
			t.Errorf("after the second %v: %s", sig, said.said())
		}
		compare(t, got, undisturbed())
	}
}

// TestReaderGone: who reads the output may go, or the terminal hang up: training goes on.
func TestReaderGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	p := program(t, dir, 2)
	var pipes []io.Closer
	for _, pipe := range []func() (io.ReadCloser, error){p.StdoutPipe, p.StderrPipe} {
		r, err := pipe()
		if err != nil {
			t.Fatal(err)
		}
		pipes = append(pipes, r)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	for _, r := range pipes {
		r.Close()
	}
	if err := p.Wait(); err != nil {
		t.Errorf("a run without readers ended with %v, want none", err)
	}
	compare(t, outcome(t, dir), undisturbed())
}

// TestEightAtOnce starts eight processes on one folder: one trains, the others are refused and say who has it.
func TestEightAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, refused := 0, 0
	for range 8 {
		wg.Go(func() {
			p := armed(program(t, dir, 1), failpoint.StepBefore, "sleep:1") // the winner is at work while the others begin
			p.Env = append(p.Env, "GOMAXPROCS=1")
			out, err := p.CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			switch exitCode(err) {
			case 0:
				done++
			case 1:
				refused++
				if !regexp.MustCompile(`is in use by (process \d+ on \S+ since|another process)`).Match(out) {
					t.Errorf("a refused run said %s, want who has the folder", out)
				}
			default:
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	if done < 1 || done+refused != 8 || refused < 6 { // one that starts after the winner is done finds a finished run
		t.Errorf("of eight processes %d trained and %d were refused, want one and the rest", done, refused)
	}
	compare(t, outcome(t, dir), undisturbed())
}

// TestMemoryLimit: a run that is predicted to need more memory than it can have is refused before data is read, with what would fit; -force begins all the same.
func TestMemoryLimit(t *testing.T) {
	const name = "SSC_RESUME_MEMORY_LIMIT"
	if os.Getenv(name) == "" {
		c := again(t)
		c.Env = append(c.Env, name+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	r := compile(t, filepath.Join(t.TempDir(), "no data"))
	r.plan.Stats.PeakBytes = 64 << 30
	limit := mapped() + 32<<30
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	_, err := r.run(context.Background(), train.Options{Dir: dir})
	var refused train.Refused
	if !errors.As(err, &refused) || !regexp.MustCompile(`a step needs about 64\.0 GiB of memory .*, but .* is [0-9.]+ [MG]iB\. loader\.batch_size = [1-4] would fit`).MatchString(err.Error()) {
		t.Errorf("with too little memory: %v, want a refusal with the peak, the limit and what fits", err)
	}
	said, err := r.run(context.Background(), train.Options{Dir: dir, Force: true})
	if err == nil || !strings.Contains(err.Error(), "no data") || !strings.Contains(said.said(), "going on, as -force says") {
		t.Errorf("forced: %v and %q, want the run to go on to its data", err, said.said())
	}
}

// TestUnwritableFolder: a folder that cannot be written is refused with its errno before data is read.
func TestUnwritableFolder(t *testing.T) {
	parent, err := os.MkdirTemp("", "unwritable") // that of the test is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // root may write everywhere, so this thread looks at files as nobody
		runtime.LockOSThread() // and is thrown away with the goroutine
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	refusedBeforeData(t, filepath.Join(parent, "runs", "tiny"), parent+": permission denied")
	refusedBeforeData(t, filepath.Join(parent, "runs"), parent+": permission denied")
}

// TestFolderIsFile: a file where the run folder or one above it should be is named.
func TestFolderIsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	refusedBeforeData(t, file, "it is a file, not a folder")
	refusedBeforeData(t, filepath.Join(file, "run"), "not a directory")
}

// TestNoHomeNoTmp: neither a home nor a folder for temporary files is needed to train.
func TestNoHomeNoTmp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	p := program(t, dir, 2)
	library, err := ort.LibraryPath()
	if err != nil {
		t.Fatal(err)
	}
	p.Env = append(p.Env, "HOME=", "XDG_CACHE_HOME=", "TMPDIR=/nonexistent", "SSC_ORT_LIB="+library)
	if out, err := p.CombinedOutput(); err != nil {
		t.Fatalf("a run without home and temporary folder: %v\n%s", err, out)
	}
	compare(t, outcome(t, dir), undisturbed())
}
