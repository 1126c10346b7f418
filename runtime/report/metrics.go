package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
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

// ReadMetrics reads a run's metrics.jsonl. A file that is not there yet has no records, and an unfinished last line, of a run that is writing it, is passed over.
func ReadMetrics(path string) ([]Record, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading metrics: %w", err)
	}
	var out []Record
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			return out, nil
		}
		b = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return out, fmt.Errorf("reading metrics: %s:%d: %w", path, n, err)
		}
		out = append(out, r)
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
