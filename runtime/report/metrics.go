package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
)

// Record is a line of metrics.jsonl.
type Record struct {
	Step     int
	Epoch    float64
	Values   map[string]float64 // what was not finite is NaN
	BadSteps int                // so far: steps that changed nothing because something was not finite
	Clock    *Clock             // nil on lines of monitors
}

// Clock is what depends on the machine's speed. Seconds and DataWait count from the start of the process, so they begin again where a run was resumed.
type Clock struct {
	Seconds         float64 `json:"seconds"`
	ImagesPerSecond float64 `json:"images_per_second"`
	DataWait        float64 `json:"data_wait_seconds"`
	MFU             float64 `json:"mfu,omitempty"` // share of the machine's peak that the steps used; 0: not known
}

// UnmarshalJSON reads a line of metrics.jsonl.
func (r *Record) UnmarshalJSON(b []byte) error {
	var line struct {
		Step     int                 `json:"step"`
		Epoch    float64             `json:"epoch"`
		Values   map[string]*float64 `json:"values"`
		BadSteps int                 `json:"bad_steps"`
		Clock    *Clock              `json:"clock"`
	}
	if err := json.Unmarshal(b, &line); err != nil {
		return err
	}
	*r = Record{line.Step, line.Epoch, make(map[string]float64, len(line.Values)), line.BadSteps, line.Clock}
	for name, v := range line.Values {
		r.Values[name] = math.NaN()
		if v != nil {
			r.Values[name] = *v
		}
	}
	return nil
}

// mostRecords is the number of records that are kept of a run: some 20 MB of memory, and many times what a curve shows.
const mostRecords = 20000

// ReadMetrics reads a run's metrics.jsonl as [EachRecord] does. Of more lines than 20,000 every second, fourth, … one is returned; those of monitors and the last one always are.
func ReadMetrics(path string) ([]Record, error) {
	t := thinned{stride: 1}
	err := EachRecord(path, t.add)
	return t.all(), err
}

// EachRecord calls visit with each line of a run's metrics.jsonl until it fails. A file that is not there yet has no records, and an unfinished last line, of a run that is writing it, is
// passed over.
func EachRecord(path string, visit func(Record) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading metrics: %w", err)
	}
	defer f.Close()
	for in, n := bufio.NewReader(f), 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading metrics: %w", err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("reading metrics: %s:%d: %w", path, n, err)
		}
		if err := visit(r); err != nil {
			return err
		}
	}
}

// thinned keeps every stride-th record, counted without those of monitors.
type thinned struct {
	kept    []Record
	stride  int
	seen    int     // records that are not of monitors …
	clocked int     // … and those of them that are kept
	last    *Record // if it was left out
}

func (t *thinned) add(r Record) error {
	t.last = nil
	if r.Clock == nil {
		t.kept = append(t.kept, r)
		return nil
	}
	if t.seen++; t.seen%t.stride != 0 {
		t.last = &r
		return nil
	}
	t.kept = append(t.kept, r)
	if t.clocked++; t.clocked < mostRecords {
		return nil
	}
	t.stride *= 2
	n := 0
	t.kept = slices.DeleteFunc(t.kept, func(r Record) bool {
		if r.Clock == nil {
			return false
		}
		n++
		return n%2 != 0
	})
	t.clocked /= 2
	return nil
}

func (t *thinned) all() []Record {
	if t.last != nil {
		return append(t.kept, *t.last)
	}
	return t.kept
}

// unreadableMost is the number of unreadable samples that a page lists.
const unreadableMost = 1000

// ReadUnreadable reads a run's bad_samples.jsonl as [ReadMetrics] reads the metrics. It returns the first 1,000 samples, and the number of all.
func ReadUnreadable(path string) (list []Unreadable, all int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the unreadable samples: %w", err)
	}
	defer f.Close()
	for in := bufio.NewReader(f); ; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return list, all, nil
		}
		var u Unreadable
		if err == nil {
			err = json.Unmarshal(line, &u)
		}
		if err != nil {
			return list, all, fmt.Errorf("reading the unreadable samples: %s:%d: %w", path, all+1, err)
		}
		if all++; all <= unreadableMost {
			list = append(list, u)
		}
	}
}

// elapsed is the training time in seconds up to each record, and the wait for data in it, summed over the processes that a resumed run consists of. A record without a
// clock has the time of the one before.
func elapsed(records []Record) (seconds, wait []float64) {
	seconds, wait = make([]float64, len(records)), make([]float64, len(records))
	var doneS, doneW float64 // in processes that ended
	var last Clock
	for i, r := range records {
		if c := r.Clock; c != nil {
			if c.Seconds < last.Seconds {
				doneS, doneW = doneS+last.Seconds, doneW+last.DataWait
			}
			last = *c
		}
		seconds[i], wait[i] = doneS+last.Seconds, doneW+last.DataWait
	}
	return seconds, wait
}

// parts is the time of a run as its clock tells it, for a Run whose Parts nobody counted.
func parts(records []Record) []Part {
	seconds, wait := elapsed(records)
	if n := len(records); n > 0 && seconds[n-1] > 0 {
		return []Part{{Name: "waiting for data", Seconds: wait[n-1]}, {Name: "everything else", Seconds: max(0, seconds[n-1]-wait[n-1])}}
	}
	return nil
}
