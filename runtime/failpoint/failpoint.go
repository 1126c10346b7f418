// Package failpoint makes the program fail at a named moment, so that a test or a person can see what a run survives:
//
//	SSC_FAILPOINT=rename.before:kill:3 ssc run simclr.hcl
//
// The variable holds name:action[:n], or several of these with commas between them. The action happens when the point is passed for the n-th time (default 1), and with
// a + behind n at every later time too. A process in which the variable is unset pays one comparison at each point.
//
// Neighbours: runtime/train, runtime/checkpoint and runtime/loader pass the points.
package failpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Variable is the environment variable that arms points.
const Variable = "SSC_FAILPOINT"

// Point is a moment of a run.
type Point string

// The points.
const (
	StepBefore   Point = "step.before"
	StepAfter    Point = "step.after"
	Monitor      Point = "epoch.monitor"
	Probe        Point = "probe"
	Worker       Point = "loader.worker"
	Dispatch     Point = "loader.dispatch"
	Append       Point = "append"
	SaveBefore   Point = "save.before"
	SaveAfter    Point = "save.after"
	Write        Point = "write"
	Sync         Point = "sync"
	RenameBefore Point = "rename.before"
	RenameAfter  Point = "rename.after"
	LatestBefore Point = "latest.before"
	LatestAfter  Point = "latest.after"
	Prune        Point = "prune"
)

// table says what the points mean.
var table = []struct {
	point Point
	doc   string
}{
	{StepBefore, "a batch is ready, the training graph has not run"},
	{StepAfter, "the training graph has run, nothing is counted or logged"},
	{Monitor, "an epoch is logged, its monitors have not begun"},
	{Probe, "a probe of a monitor or evaluate block begins to extract features"},
	{Worker, "a worker of the loader begins a sample, whose fault the action is"},
	{Dispatch, "the loader begins a batch, outside of any sample"},
	{Append, "in the middle of a line of metrics.jsonl or bad_samples.jsonl"},
	{SaveBefore, "a checkpoint is due, nothing is written"},
	{SaveAfter, "a checkpoint is written, the loop does not know yet"},
	{Write, "in the middle of each piece that is written to a file of a checkpoint, a plan or `latest`"},
	{Sync, "a file is written and not synced"},
	{RenameBefore, "a file or folder is synced under its temporary name"},
	{RenameAfter, "a file or folder has its final name, its parent is not synced"},
	{LatestBefore, "a checkpoint is in its place, `latest` names its predecessor"},
	{LatestAfter, "`latest` names the new checkpoint, older ones are not removed"},
	{Prune, "before each removal of an old checkpoint"},
}

// Points are the names of all points.
func Points() []Point {
	var out []Point
	for _, p := range table {
		out = append(out, p.point)
	}
	return out
}

// Table describes the points as a Markdown table.
func Table() string {
	var b strings.Builder
	b.WriteString("| point | the moment |\n|---|---|\n")
	for _, p := range table {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.point, p.doc)
	}
	return b.String()
}

// ErrInjected is the error of the action "error".
var ErrInjected = errors.New("injected error")

// actions are what can happen at a point. A sleep is short enough for a test and longer than anything else between two points of a small run.
var actions = map[string]func(Point) error{
	"kill": func(Point) error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return err
		}
		select {} // the signal may take a moment
	},
	"panic":  func(p Point) error { panic("failpoint " + string(p)) },
	"error":  func(Point) error { return ErrInjected },
	"sleep":  func(Point) error { time.Sleep(time.Second); return nil },
	"enospc": func(Point) error { return syscall.ENOSPC },
	"eio":    func(Point) error { return syscall.EIO },
}

// fault is an armed point.
type fault struct {
	act     func(Point) error
	at      int64
	onwards bool
	passed  atomic.Int64
}

var armed = sync.OnceValues(func() (map[Point]*fault, error) { return parse(os.Getenv(Variable)) })

// Check reports what is wrong with the variable; nothing is armed then.
func Check() error {
	_, err := armed()
	return err
}

func parse(text string) (map[Point]*fault, error) {
	if text == "" {
		return nil, nil
	}
	out := map[Point]*fault{}
	for _, item := range strings.Split(text, ",") {
		name, rest, _ := strings.Cut(item, ":")
		action, count, counted := strings.Cut(rest, ":")
		f := &fault{act: actions[action], at: 1}
		number := strings.TrimSuffix(count, "+")
		f.onwards = number != count
		var err error
		if counted {
			f.at, err = strconv.ParseInt(number, 10, 64)
		}
		switch {
		case !known(Point(name)):
			return nil, fmt.Errorf("%s=%q: there is no point %q; there are %s", Variable, text, name, strings.Join(strings.Fields(fmt.Sprint(Points())), ", "))
		case f.act == nil:
			return nil, fmt.Errorf("%s=%q: the action is %q; it must be kill, panic, error, sleep, enospc or eio", Variable, text, action)
		case err != nil || f.at < 1:
			return nil, fmt.Errorf("%s=%q: %q is no count; write 1 or more, and a + behind it for every later time too", Variable, text, count)
		}
		out[Point(name)] = f
	}
	return out, nil
}

func known(p Point) bool {
	for _, t := range table {
		if t.point == p {
			return true
		}
	}
	return false
}

// Hit passes the point: it does what is armed there and returns the injected error, if any.
func (p Point) Hit() error {
	faults, _ := armed()
	f := faults[p]
	if f == nil {
		return nil
	}
	if n := f.passed.Add(1); n != f.at && !(f.onwards && n > f.at) {
		return nil
	}
	if err := f.act(p); err != nil {
		return fmt.Errorf("failpoint %s: %w", p, err)
	}
	return nil
}

// Writer passes the point in the middle of each write to w. It is w itself when the point is not armed.
func (p Point) Writer(w io.Writer) io.Writer {
	if faults, _ := armed(); faults[p] == nil {
		return w
	}
	return halves{p, w}
}

type halves struct {
	point Point
	w     io.Writer
}

func (h halves) Write(b []byte) (int, error) {
	n, err := h.w.Write(b[:len(b)/2])
	if err == nil {
		err = h.point.Hit()
	}
	if err != nil {
		return n, err
	}
	m, err := h.w.Write(b[len(b)/2:])
	return n + m, err
}
