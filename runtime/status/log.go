package status

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// logTail is how much of the end of a log is read, in bytes: the table of an evaluation and the last words take some thousands.
const logTail = 1 << 16

var (
	// dated is a line of train.log; lines without a date belong to the one before.
	dated = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:]+Z (.*)$`)
	// measured is what an evaluation found, as a Measurement prints itself; monitors have their epoch before it.
	measured = regexp.MustCompile(`^(\S+) of (encoder|untrained encoder|raw pixels): (.+?) \((?:(k \d+), )?`)
)

// readLog takes the results of the last evaluation from the log, and returns its last line.
func (r *Run) readLog() (last string) {
	text, err := tail(filepath.Join(r.Dir, "train.log"))
	if err != nil {
		r.problem("%s", err)
	}
	for line := range strings.Lines(text) {
		m := dated.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		last = m[1]
		if m := measured.FindStringSubmatch(last); m != nil {
			if r.Evaluation == nil {
				r.Evaluation = map[string]string{}
			}
			name := m[1]
			if m[4] != "" {
				name += " (" + m[4] + ")"
			}
			r.Evaluation[name+" of "+m[2]] = m[3]
		}
	}
	return last
}

// tail is the end of a text file; a file that is not there is empty.
func tail(name string) (string, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the log: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(max(0, size-logTail), io.SeekStart)
	}
	if err != nil {
		return "", fmt.Errorf("reading the log: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, logTail))
	if err != nil {
		return "", fmt.Errorf("reading the log: %w", err)
	}
	return string(b), nil
}
