package cmd

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ssc/runtime/checkpoint"
	"ssc/setup/cache"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ssc": func() {
		os.Exit(Main(os.Args, Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}})
}

// TestScripts runs the command lines in testdata/script.
func TestScripts(t *testing.T) {
	shared, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SSC_CACHE", cache.Dir())
			e.Setenv("SSC_KERNELS", "off") // plans are the same on every machine
			e.Setenv("SHARED", shared)
			e.Setenv("PTH", filepath.Join(filepath.Dir(filepath.Dir(shared)), "runtime/checkpoint/pth/testdata"))
			tiny, err := os.ReadFile(filepath.Join(shared, "tiny.hcl"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(e.WorkDir, "tiny.hcl"), tiny, 0o666)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": exitCodeCommand, "data": imageDataCommand, "images": imagesCommand, "interrupt": interruptCommand, "jsonlines": jsonLinesCommand, "hold": holdCommand, "cut": cutCommand, "listing": listingCommand,
		},
	})
}

// exitCodeCommand is "code N COMMAND…": the command must end with exit code N. Standard output and error are kept for later commands in the files stdout and stderr.
func exitCodeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var e *exec.ExitError
	if errors.As(err, &e) {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// imageDataCommand is "data DIR [SIZE [COUNT]]": grey images of two classes, bright and dark, as IDX files named images and labels.
func imageDataCommand(ts *testscript.TestScript, _ bool, args []string) {
	size, n := 8, 37
	if len(args) > 1 {
		size, _ = strconv.Atoi(args[1])
	}
	if len(args) > 2 {
		n, _ = strconv.Atoi(args[2])
	}
	pixels, labels := idx(0x803, n, size, size), idx(0x801, n)
	state := uint32(1)
	for i := range n {
		labels = append(labels, byte(i%2))
		for range size * size {
			state = state*1664525 + 1013904223
			pixels = append(pixels, byte(state>>24)/3+byte(100*(i%2)))
		}
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	ts.Check(os.WriteFile(filepath.Join(dir, "images"), pixels, 0o666))
	ts.Check(os.WriteFile(filepath.Join(dir, "labels"), labels, 0o666))
}

// idx is the head of an IDX file.
func idx(magic uint32, dims ...int) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return b
}

// imagesCommand is "images DIR N": N grey PNG files, 0.png and so on.
func imagesCommand(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.MkdirAll(dir, 0o777))
	for i := range n {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		for p := range m.Pix {
			m.Pix[p] = uint8(p*i + 7*i)
		}
		m.SetGray(0, 0, color.Gray{Y: uint8(i)})
		var b bytes.Buffer
		ts.Check(png.Encode(&b, m))
		ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.png", i)), b.Bytes(), 0o666))
	}
}

// interruptCommand is "interrupt CODE SIGNAL[,SIGNAL] FILE[+DELAY] COMMAND…": the command gets the signals once it has written FILE, and must end with the code. The second comes when it has answered the first, or
// has not for a second: of two that wait for a process the system keeps one. Its output goes to the files out and err.
func interruptCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	file, pause, delayed := strings.Cut(args[2], "+")
	delay := time.Duration(0)
	if delayed {
		delay, err = time.ParseDuration(pause)
		ts.Check(err)
	}
	cmd := exec.Command(args[3], args[4:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "SSC_CACHE="+ts.Getenv("SSC_CACHE"), "SSC_FAILPOINT="+ts.Getenv("SSC_FAILPOINT"))
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	stderr, err := os.Create(ts.MkAbs("err"))
	ts.Check(err)
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = out, stderr
	start := time.Now()
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} { // ignored in the background of a script and under nohup; what is handled is the default again in a process that is started
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	ts.Check(cmd.Start())
	for ; ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(ts.MkAbs(file)); err == nil && info.ModTime().After(start) {
			break
		}
		if time.Since(start) > 5*time.Minute { // a machine that is shared may take long for a step
			_ = cmd.Process.Kill()
			ts.Fatalf("%s does not appear; %s", file, ts.ReadFile("err"))
		}
	}
	time.Sleep(delay)
	for i, name := range strings.Split(args[1], ",") {
		for sent := time.Now(); i > 0 && time.Since(sent) < time.Second && !strings.Contains(ts.ReadFile("err"), "once more to exit at once"); {
			time.Sleep(5 * time.Millisecond)
		}
		ts.Check(cmd.Process.Signal(map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[name]))
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d\n%s", got, want, ts.ReadFile("err"))
	}
}

// jsonLinesCommand is "jsonlines FILE TYPE…": every line is a message, the first of type version, and the types that are named occur.
func jsonLinesCommand(ts *testscript.TestScript, _ bool, args []string) {
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n") {
		var m struct {
			Level     string    `json:"@level"`
			Message   string    `json:"@message"`
			Timestamp time.Time `json:"@timestamp"`
			Type      string
			UI        string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			ts.Fatalf("line %d: %v: %s", i+1, err, line)
		}
		if m.Level == "" || m.Message == "" || m.Timestamp.IsZero() || m.Type == "" {
			ts.Fatalf("line %d lacks a field that every message has: %s", i+1, line)
		}
		if first := i == 0; first != (m.Type == "version") || first != (m.UI != "") {
			ts.Fatalf("line %d: the version is the first message and no other: %s", i+1, line)
		}
		seen[m.Type] = true
	}
	for _, typ := range args[1:] {
		if !seen[typ] {
			ts.Fatalf("no message of type %s", typ)
		}
	}
}

// holdCommand is "hold DIR": DIR is in use by another run until the script ends.
func holdCommand(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	lock, err := checkpoint.Lock(dir)
	ts.Check(err)
	ts.Defer(func() { _ = lock.Unlock() })
}

// cutCommand is "cut FILE N": only the first N bytes stay.
func cutCommand(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}
