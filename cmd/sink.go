package cmd

import (
	"bytes"
	"io"
	"time"
)

// sink writes in a goroutine of its own, so that a reader that is stuck, a terminal that is paused or a slow disk never holds up training. What does not fit into
// its queue, some hours of progress lines, is dropped; so is everything after the writer failed.
type sink struct {
	queue chan []byte
	done  chan struct{}
}

const sinkLines = 4096

func newSink(w io.Writer) *sink {
	s := &sink{queue: make(chan []byte, sinkLines), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for b := range s.queue {
			if _, err := w.Write(b); err != nil {
				w = io.Discard
			}
		}
	}()
	return s
}

// Write queues a copy of b. It never fails and never blocks.
func (s *sink) Write(b []byte) (int, error) {
	select {
	case s.queue <- bytes.Clone(b):
	default:
	}
	return len(b), nil
}

// close waits until everything is written, or the patience is over; nothing may be written after it.
func (s *sink) close(patience time.Duration) {
	close(s.queue)
	select {
	case <-s.done:
	case <-time.After(patience):
	}
}
