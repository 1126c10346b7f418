package report

import "time"

// Run is what a page shows. A section whose data is absent is left out; the zero Run gives a page that says so. As JSON it is what a run folder must keep to make the page
// again; what other files of the folder hold is no part of that.
type Run struct {
	Name      string // of the pipeline
	Algorithm string // "simclr"
	Status    Status
	Reason    string // why a run stopped or failed
	Started   time.Time
	Updated   time.Time // when the numbers of this page were taken
	Host      string
	Folder    string // the run folder
	Command   string // that reproduces the run

	Step, Steps   int // done, and in all
	Epoch, Epochs int

	Facts        []Fact // for the header: parameters, images, batch size, seed
	Warnings     []Warning
	Measurements []Measurement
	Confusions   []Confusion
	Records      []Record `json:"-"` // of metrics.jsonl
	References   []Reference
	Galleries    []Gallery
	Maps         []Map
	Parts        []Part
	Profile      *Profile     `json:",omitempty"` // of a few steps, if the run was asked for one
	Unreadable   []Unreadable `json:"-"`          // of bad_samples.jsonl
	UnreadableN  int          `json:"-"`          // in all, where the list is cut; 0: its length
	Settings     []Setting    `json:"-"`          // of the plan
	Environment  []Fact       // versions, processor, threads, libraries
}

// Status is where a run stands.
type Status string

// The states of a run.
const (
	Running  Status = "running"
	Finished Status = "finished"
	Stopped  Status = "stopped" // on request, at a checkpoint
	Failed   Status = "failed"
)

// Fact is a name with a text.
type Fact struct{ Name, Value string }

// Warning is something that a person should look at, as "The embeddings collapse".
type Warning struct {
	Title  string
	Detail string   // the meter, its value and its bound
	Causes []string // usual ones
	Step   int      // when it was first seen; 0: not of a step
	Last   int      // when it was last seen, if that was later
}

// Measurement is a result of a probe.
type Measurement struct {
	Probe    string  // "kNN", "linear"
	Features string  // "encoder", "raw pixels", "untrained encoder"
	Value    float64 // a share, 0 to 1, or what Metric says
	Metric   string  // empty: a share
	Detail   string  // "k 5, 60,000 images in the bank, 10,000 queries"
}

// Reference is a level to compare a curve with, as 1/√d for the deviation of normalised embeddings or the accuracy of raw pixels.
type Reference struct {
	Metric string // as in Record.Values
	Value  float64
	Label  string
}

// Part is a part of the time of a run: waiting for data, steps, checkpoints, probes.
type Part struct {
	Name    string
	Seconds float64
	Count   int // how often; 0: unknown
}

// Unreadable is a sample that could not be read and was replaced by another.
type Unreadable struct{ Name, Reason string }

// Setting is a value of the configuration.
type Setting struct {
	Path   string // "dataset.view[1].random_resized_crop.scale"
	Value  string
	Origin string // file:line,col or "default"
}

// Default reports whether no file gives the value.
func (s Setting) Default() bool { return s.Origin == "default" }
