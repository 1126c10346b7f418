package resume

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/cmd"
	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/failpoint"
	"ssc/runtime/track"
	"ssc/runtime/train"
	"ssc/runtime/transform"
)

// asProgram makes the test binary the command line, for the tests that kill it.
const asProgram = "SSC_RESUME_PROGRAM"

// scratch is a folder for what several tests share.
var scratch string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		limitSelf()
		os.Exit(cmd.Main(os.Args, cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} { // ignored in the background of a script and under nohup; what is handled is the default again in a process that is started
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	var err error
	if scratch, err = os.MkdirTemp("", "resume"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// pipelineFile is the pipeline of all tests.
const pipelineFile = "testdata/tiny.hcl"

// program is the command line as a process that runs the compiled pipeline from a plan folder.
func (c recipe) program(t testing.TB, dir string, workers int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "run", "-run", dir, "-threads", "1", "-workers", fmt.Sprint(workers), c.folder(t))
	cmd.Env = append(os.Environ(), asProgram+"=1", "SSC_NO_PROGRESS=1")
	return cmd
}

// folder writes the plan into a folder, once.
func (c recipe) folder(t testing.TB) string {
	t.Helper()
	text, err := plan.Encode(c.plan)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text) // not the digest, which plans for data in different places share
	dir := filepath.Join(scratch, hex.EncodeToString(sum[:]))
	if err := os.Mkdir(dir, 0o777); errors.Is(err, fs.ErrExist) {
		return dir
	}
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, plan.File), text, 0o666))
	for name, g := range c.plan.Graphs {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, g.File), c.models[name], 0o666))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// program is the tiny pipeline's.
func program(t testing.TB, dir string, workers int) *exec.Cmd {
	t.Helper()
	return tiny().program(t, dir, workers)
}

// armed lets a process fail at a point.
func armed(c *exec.Cmd, point failpoint.Point, action string) *exec.Cmd {
	c.Env = append(c.Env, fmt.Sprintf("%s=%s:%s", failpoint.Variable, point, action))
	return c
}

// recipe is a compiled pipeline.
type recipe struct {
	plan   *plan.Plan
	models map[string][]byte
}

// compile compiles the tiny pipeline with overrides as "path=value".
func compile(t testing.TB, data string, sets ...string) recipe {
	t.Helper()
	return compileWith(t, lang.Options{Vars: []string{"data=" + data}, Sets: sets})
}

// compileText compiles another text in the place of the tiny pipeline.
func compileText(t testing.TB, text string) recipe {
	t.Helper()
	return compileWith(t, lang.Options{Vars: []string{"data=" + images()}, ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})
}

func compileWith(t testing.TB, o lang.Options) recipe {
	t.Helper()
	tables := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	o.Root = tables.Root
	p, diags := lang.Load([]string{pipelineFile}, o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c, diags := compiler.Compile(p.Root, tables, compiler.Options{Version: cmd.Version, Name: p.Name})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	models := map[string][]byte{}
	for name, g := range c.Plan.Graphs {
		models[name] = c.Files[g.File]
	}
	return recipe{c.Plan, models}
}

// tiny is the pipeline as the file has it.
var tiny = sync.OnceValue(func() recipe { return compile(panics{}, images()) })

// panics is a testing.TB for what is made once, outside of any test.
type panics struct{ testing.TB }

func (panics) Helper()           {}
func (panics) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// images is a folder with 37 random grey images of 9x8 pixels in two classes, bright and dark, as IDX files.
var images = sync.OnceValue(func() string {
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
	dir := filepath.Join(scratch, "images")
	err := os.Mkdir(dir, 0o777)
	for name, b := range map[string][]byte{"images": pixels.Bytes(), "labels": labels.Bytes()} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), b, 0o666))
	}
	if err != nil {
		panic(err)
	}
	return dir
})

// told is a reporter that keeps what is said and may act at a step.
type told struct {
	mu    sync.Mutex
	lines []string
	step  func(train.Status)
}

func (r *told) Note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *told) Step(s train.Status) {
	if r.step != nil {
		r.step(s)
	}
}

// said is everything that was said.
func (r *told) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

// run trains in this process. Options without threads or a reporter get one of each; a tracker is there where the file system fails, for its writes may fail too, and in the processes of
// other tests.
func (c recipe) run(ctx context.Context, o train.Options) (*told, error) {
	r, ok := o.Report.(*told)
	if !ok {
		r = &told{}
		o.Report = r
	}
	if o.Threads == 0 {
		o.Threads = 1
	}
	if o.Workers == 0 {
		o.Workers = 1
	}
	if o.Track == nil && o.FS != nil {
		o.Track = track.New(track.Options{})
	}
	return r, train.Run(ctx, c.plan, c.models, o)
}

// finish runs to the end and returns what was left and said.
func (c recipe) finish(t testing.TB, o train.Options) (map[string]string, *told) {
	t.Helper()
	r, err := c.run(context.Background(), o)
	if err != nil {
		t.Fatalf("going on: %v", err)
	}
	return outcome(t, o.Dir), r
}

// outcome is what a finished run left: the files of its checkpoints, its metrics without their clock, its unreadable samples.
func outcome(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, "checkpoints"), func(path string, d fs.DirEntry, err error) error {
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
	for _, file := range []string{"metrics.jsonl", "bad_samples.jsonl"} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			if line == "" {
				continue
			}
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
			delete(m, "clock")
			clean, _ := json.Marshal(m)
			out[fmt.Sprintf("%s:%03d", file, i+1)] = string(clean)
		}
	}
	return out
}

// undisturbed is the outcome of a run of the tiny pipeline with one worker that nothing interrupts.
var undisturbed = sync.OnceValue(func() map[string]string {
	dir := filepath.Join(scratch, "undisturbed")
	out, _ := tiny().finish(panics{}, train.Options{Dir: dir})
	if len(out) < 3*3+10 {
		panic(fmt.Sprintf("an undisturbed run left %d files and lines, want three checkpoints and a line for every other step", len(out)))
	}
	return out
})

func (panics) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// compare demands the same outcome, byte for byte.
func compare(t testing.TB, got, want map[string]string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the outcome differs from that of an undisturbed run (-undisturbed +this):\n%.3000s", d)
	}
}

// compareStopped is compare for a run that was stopped: each stop saves once more, which pushes an older checkpoint out.
func compareStopped(t testing.TB, got, want map[string]string) {
	t.Helper()
	clean := func(m, other map[string]string) map[string]string {
		out := map[string]string{}
		for name, text := range m {
			if _, ok := other[name]; ok || !strings.HasPrefix(name, "checkpoints") {
				out[name] = text
			}
		}
		return out
	}
	compare(t, clean(got, want), clean(want, got))
	if _, ok := got["checkpoints/latest"]; !ok || got["checkpoints/latest"] != want["checkpoints/latest"] {
		t.Errorf("latest = %q, want %q", got["checkpoints/latest"], want["checkpoints/latest"])
	}
}

// exitCode waits for a process and returns its exit code, -1 for one that a signal ended.
func exitCode(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	if err != nil {
		return -2
	}
	return 0
}

// patience is how long a process of a test may take.
const patience = 60 * time.Second

// again is this test in another process.
func again(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = os.Environ()
	return c
}
