// Package resume proves that an interrupted run that is resumed ends with the bytes of one that was left alone, whatever interrupts it and however many workers
// load its images.
package resume

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/train"
	"ssc/runtime/transform"
)

// The environment variables that make the test binary a run of its own, for the tests that kill it.
const (
	runDir     = "SSC_RESUME_RUN"
	runData    = "SSC_RESUME_DATA"
	runWorkers = "SSC_RESUME_WORKERS"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(runDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	workers, err := strconv.Atoi(os.Getenv(runWorkers))
	if err == nil {
		err = start(context.Background(), dir, os.Getenv(runData), workers, func(s train.Status) { fmt.Println(s.Step) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// report calls a function after each step.
type report func(train.Status)

func (report) Note(string, ...any)   {}
func (r report) Step(s train.Status) { r(s) }

func start(ctx context.Context, dir, data string, workers int, step func(train.Status)) error {
	p, models, err := compile(data)
	if err != nil {
		return err
	}
	return train.Run(ctx, p, models, train.Options{Dir: dir, Threads: 1, Workers: workers, Report: report(step)})
}

func compile(data string) (*plan.Plan, map[string][]byte, error) {
	t := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	file, err := filepath.Abs("testdata/tiny.hcl")
	if err != nil {
		return nil, nil, err
	}
	p, diags := lang.Load([]string{file}, lang.Options{Root: t.Root, Vars: []string{"data=" + data}})
	if diags.HasErrors() {
		return nil, nil, diags
	}
	r, diags := compiler.Compile(p.Root, t, compiler.Options{Version: "test", Name: p.Name})
	if diags.HasErrors() {
		return nil, nil, diags
	}
	models := map[string][]byte{}
	for name, g := range r.Plan.Graphs {
		models[name] = r.Files[g.File]
	}
	return r.Plan, models, nil
}

// images writes 37 random grey images of 9x8 pixels in two classes, bright and dark, as IDX files.
func images(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const n, h, w = 37, 9, 8
	rng := rand.New(rand.NewSource(1))
	var pixels, labels bytes.Buffer
	for _, v := range []uint32{0x803, n, h, w} {
		binary.Write(&pixels, binary.BigEndian, v)
	}
	for _, v := range []uint32{0x801, n} {
		binary.Write(&labels, binary.BigEndian, v)
	}
	for i := range n {
		labels.WriteByte(byte(i % 2))
		for range h * w {
			pixels.WriteByte(byte(rng.Intn(100) + 100*(i%2)))
		}
	}
	for name, b := range map[string][]byte{"images": pixels.Bytes(), "labels": labels.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// outcome reads what a finished run left: the files of its checkpoints, and its metrics without their clock.
func outcome(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	root := filepath.Join(dir, "checkpoints")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("metrics.jsonl:%d: %v", i+1, err)
		}
		delete(m, "clock")
		clean, _ := json.Marshal(m)
		out[fmt.Sprintf("metrics.jsonl:%d", i+1)] = string(clean)
	}
	return out
}

// undisturbed is the outcome of a run with one worker that nothing interrupts.
func undisturbed(t *testing.T, data string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := start(context.Background(), dir, data, 1, func(train.Status) {}); err != nil {
		t.Fatal(err)
	}
	out := outcome(t, dir)
	if len(out) < 3*3+10 {
		t.Fatalf("an undisturbed run left %d files and lines, want three checkpoints and a line for every other step", len(out))
	}
	return out
}

// compare demands the same outcome, byte for byte.
func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the outcome differs from that of an undisturbed run (-undisturbed +this):\n%.2000s", d)
	}
}

// TestStopped stops a run by its context, as SIGINT does, at every step in turn.
func TestStopped(t *testing.T) {
	data := images(t)
	want := undisturbed(t, data)
	for _, workers := range []int{1, 4} {
		for _, at := range []int{1, 4, 5, 7, 14} {
			t.Run(fmt.Sprintf("workers=%d/step=%d", workers, at), func(t *testing.T) {
				dir := t.TempDir()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				err := start(ctx, dir, data, workers, func(s train.Status) {
					if s.Step == at {
						cancel()
					}
				})
				if !errors.Is(err, train.ErrStopped) {
					t.Fatalf("the stopped run ended with %v, want %v", err, train.ErrStopped)
				}
				if err := start(context.Background(), dir, data, workers, func(train.Status) {}); err != nil {
					t.Fatal(err)
				}
				got := outcome(t, dir)
				for name := range got { // the stop itself is one checkpoint more, which pushes out an older one
					if _, ok := want[name]; !ok && strings.HasPrefix(name, "checkpoints") {
						delete(got, name)
					}
				}
				compare(t, got, only(want, got))
			})
		}
	}
}

// only keeps of want the checkpoints that got has, and everything else.
func only(want, got map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range want {
		if _, ok := got[name]; ok || !strings.HasPrefix(name, "checkpoints") {
			out[name] = text
		}
	}
	return out
}

// TestKilled kills the process with SIGKILL at random moments, again and again, until a run comes to its end.
func TestKilled(t *testing.T) {
	data := images(t)
	want := undisturbed(t, data)
	for _, workers := range []int{1, 4} {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) {
			dir := t.TempDir()
			rng := rand.New(rand.NewSource(int64(workers)))
			kills := 0
			for kills < 6 {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), runDir+"="+dir, runData+"="+data, fmt.Sprintf("%s=%d", runWorkers, workers))
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				one := make([]byte, 1)
				_, first := out.Read(one) // a step was made
				time.Sleep(time.Duration(rng.Intn(30)) * time.Millisecond)
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
				if err := cmd.Wait(); err == nil || first != nil {
					break // it had come to its end
				}
				kills++
			}
			t.Logf("killed %d times", kills)
			if kills == 0 {
				t.Fatal("every run ended before it was killed: the test proves nothing")
			}
			if err := start(context.Background(), dir, data, workers, func(train.Status) {}); err != nil {
				t.Fatal(err)
			}
			compare(t, outcome(t, dir), want)
		})
	}
}
