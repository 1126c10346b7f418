package cmd

import (
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"ssc/runtime/train"
)

// bar is the progress bar of a terminal. What is written to it appears above the bar.
type bar struct {
	file     *os.File
	progress *mpb.Progress
	begin    sync.Once
	done     sync.Once
	line     atomic.Pointer[mpb.Bar]
	status   atomic.Pointer[train.Status]
}

func newBar(f *os.File) *bar { return &bar{file: f, progress: mpb.New(mpb.WithOutput(f))} }

// Write implements io.Writer.
func (b *bar) Write(text []byte) (int, error) {
	if b.line.Load() == nil {
		return b.file.Write(text)
	}
	if n, err := b.progress.Write(text); err == nil {
		return n, nil
	}
	return b.file.Write(text) // the bar has ended
}

// set moves the bar; it appears with the first step.
func (b *bar) set(s train.Status) {
	b.status.Store(&s)
	b.begin.Do(func() {
		style := mpb.BarStyle().Lbound("").Filler("━").Tip("━").Padding("─").Rbound("")
		b.line.Store(b.progress.New(int64(s.Steps), style, mpb.PrependDecorators(decor.CountersNoUnit("%d/%d")), mpb.AppendDecorators(decor.Any(b.gist))))
	})
	b.line.Load().SetCurrent(int64(s.Step))
}

func (b *bar) gist(decor.Statistics) string { return gist(*b.status.Load()) }

// end leaves the bar as it is and gives the terminal back.
func (b *bar) end() {
	b.done.Do(func() {
		if l := b.line.Load(); l != nil {
			l.Abort(false)
		}
		b.progress.Wait()
	})
}

var _ io.Writer = (*bar)(nil)
