package train

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
)

// record is a line of metrics.jsonl.
type record struct {
	Step     int               `json:"step"`
	Epoch    float64           `json:"epoch"`
	Values   map[string]number `json:"values"`
	BadSteps int               `json:"bad_steps"`
	Clock    *clockRecord      `json:"clock,omitempty"` // what depends on the machine's speed
}

type clockRecord struct {
	Seconds         float64 `json:"seconds"` // of this process
	ImagesPerSecond float64 `json:"images_per_second"`
	DataWait        float64 `json:"data_wait_seconds"`
}

// number is a float64 that JSON can carry: what is not finite becomes null.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// metricsFile appends to metrics.jsonl.
type metricsFile struct {
	f     *os.File
	lines int
}

// openMetrics continues the file after its first lines: what an interrupted run wrote beyond its checkpoint is written again. Lines are counted, not bytes, because the
// clock's numbers have more or fewer digits each time.
func openMetrics(name string, lines int) (*metricsFile, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, refuse("opening the metrics: %w", err)
	}
	size, err := lengthOf(f, lines)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, refuse("continuing %s: %w", name, err)
	}
	return &metricsFile{f, lines}, nil
}

// lengthOf is the number of bytes that the first lines take.
func lengthOf(r io.Reader, lines int) (int64, error) {
	in, size := bufio.NewReader(r), int64(0)
	for have := 0; have < lines; have++ {
		line, err := in.ReadString('\n')
		if err != nil {
			return 0, fmt.Errorf("the file has %d lines, but had %d at the checkpoint", have, lines)
		}
		size += int64(len(line))
	}
	return size, nil
}

func (m *metricsFile) write(r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	if _, err := m.f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("%w: writing metrics: %w", ErrFailed, err)
	}
	m.lines++
	return nil
}

// sync makes sure that what a checkpoint counts on is on disk.
func (m *metricsFile) sync() error { return m.f.Sync() }

func (m *metricsFile) close() { m.f.Close() }
