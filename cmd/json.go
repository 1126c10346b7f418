package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
)

// uiVersion is the version of what -json prints. Its first number changes when a reader must change, the second when messages or fields
// are added: a reader ignores those that it does not know.
const uiVersion = "1.0"

// Levels of a message.
const (
	levelInfo  = "info"
	levelWarn  = "warn"
	levelError = "error"
)

// stream prints the messages of -json, one object a line, the first of them the version. Errors of the writer are kept: nothing that a
// reader does may stop a command. It may be called from several goroutines.
type stream struct {
	w   io.Writer
	now func() time.Time
	mu  sync.Mutex
	err error
}

// head is what every message has.
type head struct {
	Level     string `json:"@level"`
	Message   string `json:"@message"`
	Timestamp string `json:"@timestamp"`
	Type      string `json:"type"`
}

const streamKey = "stream"

// messages returns the command's stream, which it begins at the first call; nil without -json.
func messages(c *cli.Context) *stream {
	if !c.Bool("json") {
		return nil
	}
	if s, ok := c.App.Metadata[streamKey].(*stream); ok {
		return s
	}
	s := &stream{w: c.App.Writer, now: time.Now}
	c.App.Metadata[streamKey] = s
	s.emit("version", levelInfo, "ssc "+Version, struct {
		Version string `json:"ssc"`
		UI      string `json:"ui"`
	}{Version, uiVersion})
	return s
}

// emit prints a message of the type with the fields of an object, which may be nil.
func (s *stream) emit(typ, level, message string, fields any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line, err := encode(head{level, message, s.now().UTC().Format("2006-01-02T15:04:05.000000Z"), typ})
	if err == nil && fields != nil {
		var more []byte
		if more, err = encode(fields); err == nil && len(more) > len("{}") {
			line = append(append(line[:len(line)-1], ','), more[1:]...)
		}
	}
	if err == nil {
		_, err = s.w.Write(append(line, '\n'))
	}
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("printing a message: %w", err)
	}
}

// talk tells what a command is about: lines on standard error, or messages of type note with -json.
func talk(c *cli.Context) func(format string, args ...any) {
	s := messages(c)
	return func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if s != nil {
			s.emit("note", levelInfo, text, nil)
			return
		}
		fmt.Fprintln(c.App.ErrWriter, text)
	}
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print results and diagnostics as JSON, one object a line"}
}
