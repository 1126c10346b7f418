package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v2"

	"ssc/compiler/plan"
	"ssc/lang/diag"
	"ssc/runtime/track"
	"ssc/runtime/train"
)

// progressEvery is the time between two plain lines of progress.
const progressEvery = 5 * time.Second

// reporter tells people and programs how a run goes: a bar or plain lines on standard error, messages on standard output with -json, and everything in the run's
// train.log. It may be called from several goroutines.
type reporter struct {
	dir    string
	again  string            // the command that goes on after a stop
	source map[string][]byte // texts that refusals point into
	format diag.Options
	out    io.Writer // results
	quiet  bool      // no progress on the screen
	stream *stream   // with -json
	json   *sink     // what the stream writes to
	screen *sink     // nil with -json
	bar    *bar      // on a terminal, while steps are made

	mu      sync.Mutex
	log     *sink
	logFile *os.File
	pending []byte // lines for the log before it is open
	closed  bool
	last    train.Status
	told    time.Time // when progress was last told
}

func newReporter(c *cli.Context, dir string, source map[string][]byte) *reporter {
	r := &reporter{dir: dir, again: "ssc run " + shellWord(dir), source: source, format: diag.Options{Width: width(c.App.ErrWriter), Color: colored(c.App.ErrWriter)}, out: c.App.Writer, quiet: os.Getenv("SSC_NO_PROGRESS") != "", told: time.Now()}
	if r.stream = messages(c); r.stream != nil {
		r.json = newSink(c.App.Writer)
		r.stream.w = r.json
		return r
	}
	var w = c.App.ErrWriter
	if f := terminal(w); f != nil && !r.quiet {
		r.bar = newBar(f)
		w = r.bar
	}
	r.screen = newSink(w)
	return r
}

// begin says where the run is, how to stop it and how to go on.
func (r *reporter) begin(p *plan.Plan) {
	report := "none, as track.report says"
	if p.Track.Report {
		report = filepath.Join(r.dir, track.PageFile)
	}
	for _, l := range [][2]string{
		{"run folder", r.dir}, {"log", filepath.Join(r.dir, logName)}, {"report", report},
		{"to stop", "Ctrl-C: finishes the step, saves, exits; a second one exits at once"},
		{"to resume", r.again}} {
		r.Note("%-10s  %s", l[0], l[1])
	}
}

const logName = "train.log"

// Note implements train.Reporter.
func (r *reporter) Note(format string, args ...any) {
	r.tell("note", levelInfo, fmt.Sprintf(format, args...), nil)
}

// tell prints a line everywhere.
func (r *reporter) tell(typ, level, text string, fields any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	switch {
	case r.stream != nil:
		r.stream.emit(typ, level, text, fields)
	case typ == "measurement": // comes as a table
	case typ == "progress" && (r.bar != nil || r.quiet):
	default:
		fmt.Fprintln(r.screen, text)
	}
	r.toLog(text)
}

// toLog prints a line to the log only; r.mu is held.
func (r *reporter) toLog(text string) {
	line := []byte(time.Now().UTC().Format(time.RFC3339) + " " + text + "\n")
	if r.log == nil {
		r.pending = append(r.pending, line...)
		return
	}
	_, _ = r.log.Write(line)
}

// progressFields is a progress message.
type progressFields struct {
	Step            int      `json:"step"`
	Steps           int      `json:"steps"`
	Epoch           int      `json:"epoch"` // counted from 1
	Epochs          int      `json:"epochs"`
	Loss            *float64 `json:"loss"` // null when it is not finite
	LR              float64  `json:"lr"`
	ImagesPerSecond float64  `json:"images_per_second"`
	MFU             float64  `json:"mfu,omitempty"`
	DataWait        float64  `json:"data_wait_seconds"`
	SecondsLeft     float64  `json:"seconds_left"`
	Probe           string   `json:"probe,omitempty"`
}

// Step implements train.Reporter.
func (r *reporter) Step(s train.Status) {
	r.openLog()
	if !r.trained() && s.ResumedAt > 0 {
		r.Note("going on from step %d of %d", s.ResumedAt, s.Steps)
	}
	r.mu.Lock()
	r.last = s
	due := time.Since(r.told) >= progressEvery || s.Step == s.Steps
	if due {
		r.told = time.Now()
	}
	r.mu.Unlock()
	if r.bar != nil {
		r.bar.set(s)
	}
	if !due {
		return
	}
	text := fmt.Sprintf("step %d/%d  epoch %d/%d  %s", s.Step, s.Steps, s.Epoch+1, s.Epochs, gist(s))
	r.tell("progress", levelInfo, text, progressFields{s.Step, s.Steps, s.Epoch + 1, s.Epochs, finite(s.Loss), s.LR, s.ImagesPerSecond, s.MFU, s.DataWait.Seconds(), s.Left.Seconds(), s.Probe})
}

// gist is what a line and the bar say of a step.
func gist(s train.Status) string {
	text := fmt.Sprintf("loss %.4f  lr %.3g  %.0f images/s", s.Loss, s.LR, s.ImagesPerSecond)
	if s.MFU > 0 {
		text += fmt.Sprintf("  MFU %.0f %%", 100*s.MFU)
	}
	if s.Probe != "" {
		text += "  " + s.Probe
	}
	if s.Left > 0 {
		text += "  left " + s.Left.Round(time.Second).String()
	}
	return text
}

// trained reports whether a step has been made.
func (r *reporter) trained() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last.Step > 0
}

// openLog begins writing to the log. It is not called before the run folder is there and this process has it.
func (r *reporter) openLog() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log != nil || r.closed {
		return
	}
	f, err := os.OpenFile(filepath.Join(r.dir, logName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	var w io.Writer = f
	if err != nil {
		w = io.Discard
		if r.screen != nil {
			fmt.Fprintln(r.screen, err)
		}
	}
	r.log, r.logFile = newSink(w), f
	_, _ = r.log.Write(r.pending)
	r.pending = nil
}

func (r *reporter) endBar() {
	if r.bar != nil {
		r.bar.end()
	}
}

// patience is how long the end of a run waits for a screen or disk that is stuck.
const patience = 3 * time.Second

func (r *reporter) close() {
	r.endBar()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.screen != nil {
		r.screen.close(patience)
	}
	if r.json != nil {
		r.json.close(10 * patience)
		r.stream.w = r.out
	}
	if r.log != nil {
		r.log.close(patience)
	}
	if r.logFile != nil {
		r.logFile.Close()
	}
}

// ended tells how the run ended and returns the exit of the command.
func (r *reporter) ended(err error) error {
	var refused train.Refused
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		r.diagnose("refused", refusals(err.Error(), r.source))
		return exit{ExitDiag, ""}
	case errors.Is(err, train.ErrStopped), errors.Is(err, context.Canceled):
		r.openLog()
		r.tell("stopped", levelWarn, r.stopped(), nil)
		return exit{ExitStopped, ""}
	case !errors.Is(err, train.ErrFailed) && !r.trained():
		r.tell("error", levelError, err.Error(), nil)
		return exit{ExitDiag, ""}
	}
	r.openLog()
	r.tell("error", levelError, err.Error(), nil)
	return exit{ExitFailed, ""}
}

func (r *reporter) stopped() string {
	if !r.trained() {
		return "stopped; go on with: " + r.again
	}
	return fmt.Sprintf("stopped at step %d, everything is saved; go on with: %s", r.last.Step, r.again)
}

// diagnose prints diagnostics as a line of the type, at the lines of the pipeline that they are about.
func (r *reporter) diagnose(typ string, diags hcl.Diagnostics) {
	if len(diags) == 0 {
		return
	}
	if r.stream != nil {
		for _, d := range diag.Records(diags) {
			r.tell("diagnostic", levelOf(d), d.Summary+": "+d.Detail, d)
		}
		return
	}
	var text strings.Builder
	_ = diag.Write(&text, r.source, diags, r.format) // a strings.Builder does not fail
	r.tell(typ, levelError, strings.TrimSuffix(text.String(), "\n"), nil)
}
