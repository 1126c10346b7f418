package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"ssc/runtime/ort"
	"ssc/runtime/report"
)

// A profile is of Steps steps, after Warmup others of the same process. A run with fewer is measured in those that it has, but for the first.
const Warmup, Steps = 3, 5

// Parts of a step that are not nodes of the graph.
const (
	Wait = "waiting for data"   // for the next batch; making views goes on beside the steps
	Fill = "filling the inputs" // copies of the batch and draws of the step
	Run  = "running the graph"  // its nodes, and what is between them
)

// Node is what the compiler knows of a node of the training graph.
type Node struct {
	Name         string // in the model
	Function     string // "ai.ssc.Conv", "MatMul"
	FLOPs, Bytes int64
	At, Block    string // the block of the pipeline that it was made for: file:line,col, and what it is called; empty for none
}

// Options of a recorder.
type Options struct {
	Nodes   []Node // in the order of the graph; nil: there are times alone
	FLOPs   int64  // of a step
	Threads int    // inside an operator; 0: one per physical core
	Compare bool   // with what the processor reaches in float32: it is what computes the steps
	Tell    func(*report.Profile)
}

// Recorder times the parts of the first steps. All methods are for one goroutine, and a nil Recorder does nothing.
type Recorder struct {
	o     Options
	dir   string // where ONNX Runtime puts its trace
	done  bool
	spans []span
	ends  []time.Time // of the steps
	last  int         // the number of the newest step
}

// span is a part of a step.
type span struct {
	part     string
	step     int // counted from 0 in this process
	from, to time.Time
}

// New returns a recorder. Its folder for ONNX Runtime's trace is removed by Close.
func New(o Options) (*Recorder, error) {
	dir, err := os.MkdirTemp("", "ssc.profile-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the trace: %w", err)
	}
	return &Recorder{o: o, dir: dir}, nil
}

// Prefix is what the session that is watched is given as SessionOptions.Profile.
func (r *Recorder) Prefix() string {
	if r == nil {
		return ""
	}
	return filepath.Join(r.dir, "trace")
}

// Span notes that a part of the present step has ended, which began at a time.
func (r *Recorder) Span(part string, began time.Time) {
	if r != nil && !r.done {
		r.spans = append(r.spans, span{part, len(r.ends), began, time.Now()})
	}
}

// Step notes that a step has ended, the run's number step, and reports whether it was the last one that is watched.
func (r *Recorder) Step(step int) bool {
	if r == nil || r.done {
		return false
	}
	r.ends = append(r.ends, time.Now())
	r.last = step
	return len(r.ends) == Warmup+Steps
}

// Open reports whether there are steps that Finish has not looked at yet.
func (r *Recorder) Open() bool { return r != nil && !r.done }

// Finish ends the timing of the session and returns what the steps took.
func (r *Recorder) Finish(s *ort.Session) (*Result, error) {
	r.done = true
	if len(r.ends) == 0 {
		return nil, errors.New("no step was made")
	}
	file, err := s.EndProfile()
	if err != nil {
		return nil, err
	}
	runs, err := readTrace(file)
	if err != nil {
		return nil, fmt.Errorf("reading ONNX Runtime's trace: %w", err)
	}
	res, err := r.result(runs)
	if err != nil {
		return nil, err
	}
	if r.o.Compare {
		err = r.compare(res.Profile)
	}
	return res, err
}

// compare measures the machine's peaks.
func (r *Recorder) compare(p *report.Profile) (err error) {
	if p.PeakFLOPS, err = PeakFLOPS(r.o.Threads); err != nil {
		return err
	}
	threads := r.o.Threads
	if threads == 0 {
		threads = runtime.NumCPU()
	}
	if p.PeakBytes, err = PeakBytes(threads); err != nil {
		return err
	}
	p.MFU = float64(p.FLOPs) / p.Seconds / p.PeakFLOPS
	return nil
}

// Tell hands a profile to whoever asked for it.
func (r *Recorder) Tell(p *report.Profile) {
	if r.o.Tell != nil {
		r.o.Tell(p)
	}
}

// Close removes what ONNX Runtime wrote.
func (r *Recorder) Close() {
	if r != nil {
		_ = os.RemoveAll(r.dir) // in the system's folder for temporary files
	}
}
