package resume

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	randv2 "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ssc/runtime/checkpoint/atomic/fault"
	"ssc/runtime/failpoint"
	"ssc/runtime/train"
)

// The soak: `make soak` runs it for hours, `go test` for one round.
var (
	soakTime = flag.Duration("soak", 0, "how long random faults go on; 0 is one round")
	soakFile = flag.String("soak.figures", "", "file for the soak's figures")
)

// soak is a run that one fault after another befalls.
type soak struct {
	t       *testing.T
	rng     *rand.Rand
	recipe  recipe
	dir     string
	workers int
}

// faults are what may befall a run, by the rows of the contract. Each goes on with the run as far as it gets; none of them may change its bits.
var faults = map[string]func(s *soak){
	"1 killed at random": func(s *soak) {
		killAfter(s.t, s.program(), time.Duration(s.rng.Intn(1200))*time.Millisecond)
	},
	"1 killed at a point": func(s *soak) {
		points := failpoint.Points()
		s.child(armedAt(s, points[s.rng.Intn(len(points))], "kill"), -1, 0)
	},
	"2 power cut":            (*soak).powerCut,
	"3 disk full":            func(s *soak) { s.failing(syscall.ENOSPC) },
	"4 sync or close fails":  func(s *soak) { s.failing(syscall.EIO) },
	"5 checkpoint truncated": func(s *soak) { s.damage(func(b []byte) []byte { return b[:s.rng.Intn(len(b))] }) },
	"6 bit flipped": func(s *soak) {
		s.damage(func(b []byte) []byte { b[s.rng.Intn(len(b))] ^= 1 << s.rng.Intn(8); return b })
	},
	"12 panic": func(s *soak) {
		points := []failpoint.Point{failpoint.StepBefore, failpoint.StepAfter, failpoint.Dispatch, failpoint.SaveAfter, failpoint.RenameAfter, failpoint.Write}
		s.child(armedAt(s, points[s.rng.Intn(len(points))], "panic"), 70, 0)
	},
	"13 signal":        func(s *soak) { s.signals(1, 3, 0) },
	"14 two signals":   func(s *soak) { s.signals(2, 3, 0, 130, 143) },
	"17 two processes": (*soak).twice,
	"18 clock jumps":   (*soak).clock,
	"28 stopped, other workers": func(s *soak) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		left := 1 + s.rng.Intn(20)
		s.inside(ctx, train.Options{Report: &told{step: func(train.Status) {
			if left--; left == 0 {
				cancel()
			}
		}}})
	},
	"31 readers gone": func(s *soak) {
		c := s.program()
		r, err := c.StderrPipe()
		if err != nil {
			s.t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			s.t.Fatal(err)
		}
		_, _ = io.CopyN(io.Discard, r, int64(s.rng.Intn(300)))
		r.Close()
		time.AfterFunc(time.Duration(s.rng.Intn(800))*time.Millisecond, func() { _ = c.Process.Signal(syscall.SIGHUP) })
		if code := exitCode(c.Wait()); code != 0 && code != 3 && code != -1 { // -1: the signal came before it was waited for
			s.t.Errorf("a run without readers ended with %d", code)
		}
	},
	"32 few files": func(s *soak) {
		c := s.program()
		c.Env = append(c.Env, limitFiles+"=32")
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		time.AfterFunc(time.Duration(s.rng.Intn(1500))*time.Millisecond, func() {
			if c.Process != nil {
				_ = c.Process.Signal(syscall.SIGTERM)
			}
		})
		if code := exitCode(c.Run()); code != 0 && code != 3 && code != -1 {
			s.t.Errorf("a run with few files ended with %d: %s", code, &out)
		}
	},
}

func (s *soak) program() *exec.Cmd { return s.recipe.program(s.t, s.dir, s.workers) }

// armedAt is the run as a process that fails at one of the first passes of a point.
func armedAt(s *soak, point failpoint.Point, action string) *exec.Cmd {
	return armed(s.program(), point, fmt.Sprintf("%s:%d", action, 1+s.rng.Intn(12)))
}

// child runs a process that must end with one of the codes.
func (s *soak) child(c *exec.Cmd, codes ...int) {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if code := exitCode(c.Run()); !slices.Contains(codes, code) {
		s.t.Errorf("the process ended with %d, want one of %v: %s", code, codes, &out)
	}
}

// inside runs in this process.
func (s *soak) inside(ctx context.Context, o train.Options) {
	o.Dir, o.Workers = s.dir, s.workers
	if _, err := s.recipe.run(ctx, o); err != nil && !errors.Is(err, train.ErrStopped) {
		s.t.Errorf("the run ended with %v", err)
	}
}

// failing lets a call fail.
func (s *soak) failing(cause error) {
	_, err := s.recipe.run(context.Background(), train.Options{Dir: s.dir, Workers: s.workers, FS: &fault.Failing{FS: unsynced{}, At: s.rng.Intn(1200), Times: 1 + s.rng.Intn(3), Err: cause}})
	if err != nil && !errors.Is(err, cause) {
		s.t.Errorf("with a call that fails by %v the run ended with %v", cause, err)
	}
}

// powerCut plays one, when the run has not begun: the recorder must have seen everything.
func (s *soak) powerCut() {
	if _, err := os.Stat(s.dir); err == nil {
		return
	}
	root := s.t.TempDir()
	r := &fault.Recorder{FS: unsynced{}, Root: root}
	if _, err := s.recipe.run(context.Background(), train.Options{Dir: filepath.Join(root, "run"), Workers: s.workers, FS: r}); err != nil {
		s.t.Fatal(err)
	}
	names := []string{"nothing", "everything", "something"}
	rng := randv2.New(randv2.NewPCG(s.rng.Uint64(), 1))
	if err := r.Cut(s.rng.Intn(r.Calls()+1), filepath.Dir(s.dir), fault.Cuts[names[s.rng.Intn(3)]], rng); err != nil {
		s.t.Fatal(err)
	}
	os.RemoveAll(root)
}

// checkpoints are the folders of those that are there, oldest first.
func (s *soak) checkpoints() []string {
	names, _ := filepath.Glob(filepath.Join(s.dir, "checkpoints", "*[0-9]"))
	slices.Sort(names)
	return names
}

// damage changes a file of the newest checkpoint, when there is another one to fall back to.
func (s *soak) damage(change func([]byte) []byte) {
	all := s.checkpoints()
	if len(all) < 2 {
		return
	}
	file := []string{"weights.safetensors", "optimizer.safetensors", "manifest.json"}[s.rng.Intn(3)]
	name := filepath.Join(all[len(all)-1], file)
	b, err := os.ReadFile(name)
	if err != nil || len(b) == 0 {
		return // damaged before
	}
	if err := os.WriteFile(name, change(b), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// signals sends some to a process.
func (s *soak) signals(n int, codes ...int) {
	c := s.program()
	out := start(s.t, c)
	sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[s.rng.Intn(2)]
	time.Sleep(time.Duration(400+s.rng.Intn(800)) * time.Millisecond)
	for range n {
		_ = c.Process.Signal(sig)
		time.Sleep(time.Duration(s.rng.Intn(30)) * time.Millisecond)
	}
	if code := exitCode(c.Wait()); !slices.Contains(append(codes, -1), code) { // -1: it was still starting
		s.t.Errorf("after %d of %v the process ended with %d, want one of %v: %s", n, sig, code, codes, out)
	}
}

// twice starts two processes on the folder: one of them may be refused.
func (s *soak) twice() {
	a, b := s.program(), s.program()
	outA, outB := start(s.t, a), start(s.t, b)
	codes := []int{exitCode(a.Wait()), exitCode(b.Wait())}
	slices.Sort(codes)
	if codes[0] != 0 || codes[1] > 1 {
		s.t.Errorf("two processes ended with %v, want one of them done: %s\n%s", codes, outA, outB)
	}
}

// clock gives the files dates of other years.
func (s *soak) clock() {
	for _, name := range s.checkpoints() {
		when := time.Date(1970+s.rng.Intn(130), 1, 1, 0, 0, 0, 0, time.UTC)
		_ = os.Chtimes(name, when, when)
		_ = os.Chtimes(filepath.Join(name, "manifest.json"), when, when)
	}
}

// soakFigures are what a soak found.
type soakFigures struct {
	Seconds     float64        `json:"seconds"`
	Rounds      int            `json:"runs"`
	Faults      map[string]int `json:"faults"`
	Differences int            `json:"outcomes_that_differ"`
	FirstRSS    float64        `json:"mean_rss_mib_first_half"`
	SecondRSS   float64        `json:"mean_rss_mib_second_half"`
}

// The memory's growth from the first half of a soak to the second that is still called flat, of a soak of an hour or more.
const flat = 1.02

// TestSoak lets random faults befall one run after another. Each must end in the bits of an undisturbed one, and the memory of this process, in which half of the runs go on, must not grow.
func TestSoak(t *testing.T) {
	runtime.MemProfileRate = 0 // ssc has no memory profile, whose records of where memory was taken grow for hours; a test program has one
	rng := rand.New(rand.NewSource(*campaignSeed))
	photos := folderRecipe(t, files(photographs(t, someDamage)), "max_bad_fraction = 0.1")
	wantPhotos, _ := photos.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "photos")})
	f := soakFigures{Faults: map[string]int{}}
	var names []string
	for name := range faults {
		names = append(names, name)
	}
	slices.Sort(names)
	began := time.Now()
	var memory []float64
	for f.Rounds == 0 || time.Since(began) < *soakTime {
		s, want := &soak{t: t, rng: rng, recipe: longer(), dir: filepath.Join(t.TempDir(), "run")}, undisturbedLonger()
		if f.Rounds%2 == 1 {
			s.recipe, want = photos, wantPhotos
		}
		var befell []string
		for range 1 + rng.Intn(6) {
			s.workers = workerCounts[rng.Intn(len(workerCounts))]
			name := names[rng.Intn(len(names))]
			befell = append(befell, name)
			f.Faults[name]++
			faults[name](s)
		}
		got, _ := s.recipe.finish(t, train.Options{Dir: s.dir, Workers: s.workers})
		if compareStopped(t, got, want); t.Failed() {
			f.Differences++
			t.Fatalf("after %s", strings.Join(befell, ", "))
		}
		os.RemoveAll(filepath.Dir(s.dir))
		memory = append(memory, rss())
		f.Rounds++
	}
	f.Seconds = time.Since(began).Seconds()
	memory = memory[len(memory)/10:] // while libraries are loaded and pools fill
	f.FirstRSS, f.SecondRSS = mean(memory[:(len(memory)+1)/2]), mean(memory[len(memory)/2:])
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
	if *soakFile != "" {
		if err := os.WriteFile(*soakFile, append(text, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if *soakTime >= time.Hour && f.SecondRSS > flat*f.FirstRSS {
		t.Errorf("memory grew from %.0f to %.0f MiB, want within 2 %%", f.FirstRSS, f.SecondRSS)
	}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

// rss is the memory of this process in MiB.
func rss() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
