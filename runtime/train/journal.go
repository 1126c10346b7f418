package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/failpoint"
	"ssc/runtime/report"
)

// journal is a file of JSON lines that grows with a run: metrics.jsonl, bad_samples.jsonl. A checkpoint holds the number of its lines, which are on disk by then, and a
// resumed run goes on behind them. Lines are counted, not bytes, because the clock's numbers have more or fewer digits each time.
//
// A line that cannot be written is kept and tried again with the next one; sync, which a checkpoint waits for, is where it becomes an error.
type journal struct {
	fs      atomic.FS
	name    string
	file    atomic.File
	lines   int
	stable  int64  // bytes that are on disk for certain
	recent  []byte // those after them …
	written int    // … of which so many were given to the file
	broken  bool   // the file failed to sync: what lies behind stable may be lost, whatever reading it says
}

// openJournal goes on after the first lines of the file.
func openJournal(f atomic.FS, name string, lines int) (*journal, error) {
	j := &journal{fs: f, name: name, lines: lines}
	err := j.measure()
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh && lines == 0 {
		err = nil
	}
	if err == nil {
		j.file, err = f.Append(name, j.stable)
	}
	if err == nil && fresh {
		err = f.SyncDir(filepath.Dir(name))
	}
	if err != nil {
		return nil, refuse("continuing %s: %w", name, err)
	}
	return j, nil
}

// measure sets stable to the bytes that the lines take.
func (j *journal) measure() error {
	in, err := os.Open(j.name)
	if err != nil {
		return err
	}
	defer in.Close()
	buffered := bufio.NewReader(in)
	for have := range j.lines {
		piece, err := buffered.ReadSlice('\n')
		n := len(piece)
		for ; errors.Is(err, bufio.ErrBufferFull); n += len(piece) {
			piece, err = buffered.ReadSlice('\n')
		}
		if err != nil {
			return fmt.Errorf("the file has %d lines, but had %d at the checkpoint", have, j.lines)
		}
		j.stable += int64(n)
	}
	return nil
}

// add appends a line.
func (j *journal) add(line any) error {
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(j.name), err)
	}
	j.recent = append(append(j.recent, b...), '\n')
	j.lines++
	_ = j.flush() // tried again by the next line, and by sync
	return nil
}

// flush gives the file what it has not got yet.
func (j *journal) flush() error {
	if j.broken || j.written == len(j.recent) {
		return nil
	}
	n, err := failpoint.Append.Writer(j.file).Write(j.recent[j.written:])
	j.written += n
	return err
}

// sync makes sure that every line is on disk. After a failed sync the same file is not trusted again: a new one is written from what is certain.
func (j *journal) sync() error {
	if len(j.recent) == 0 {
		return nil
	}
	err := j.flush()
	switch {
	case err == nil && j.broken:
		err = j.rewrite()
	case err == nil:
		err = j.file.Sync()
		j.broken = err != nil
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(j.name), err)
	}
	j.stable += int64(len(j.recent))
	j.recent, j.written = j.recent[:0], 0
	return nil
}

// rewrite replaces the file by a new one.
func (j *journal) rewrite() error {
	err := atomic.WriteFile(j.fs, j.name, func(w io.Writer) error {
		old, err := os.Open(j.name)
		if err != nil {
			return err
		}
		defer old.Close()
		if _, err := io.CopyN(w, old, j.stable); err != nil {
			return err
		}
		_, err = w.Write(j.recent)
		return err
	})
	if err != nil {
		return err
	}
	file, err := j.fs.Append(j.name, j.stable+int64(len(j.recent)))
	if err != nil {
		return err
	}
	j.file.Close()
	j.file, j.broken = file, false
	return nil
}

func (j *journal) close() { j.file.Close() }

// record is a line of metrics.jsonl.
type record struct {
	Step     int               `json:"step"`
	Epoch    float64           `json:"epoch"`
	Values   map[string]number `json:"values"`
	BadSteps int               `json:"bad_steps"`
	Clock    *report.Clock     `json:"clock,omitempty"` // what depends on the machine's speed
}

// badRecord is a line of bad_samples.jsonl: an image that could not be read, whose place another one took.
type badRecord struct {
	Index    int    `json:"index"` // of the sample
	Name     string `json:"name"`
	Epoch    int    `json:"epoch"`    // where it was met …
	Position int    `json:"position"` // … for the first time
	Reason   string `json:"reason"`
}

// number is a float64 that JSON can carry: what is not finite becomes null.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}
