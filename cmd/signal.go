package cmd

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// What a command does after the first signal.
const (
	saves = "finishing the step and saving"
	stops = "stopping"
)

// untilSignal returns a context that ends with the first signal to stop; the second ends the process at once. note is told of the first, and what the command does then.
// A signal that was ignored when the process began, as nohup does with SIGHUP, stays ignored.
func untilSignal(parent context.Context, does string, note func(format string, args ...any)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals, done := make(chan os.Signal, 4), make(chan struct{})
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case s := <-signals:
				if n > 0 {
					os.Exit(128 + int(s.(syscall.Signal)))
				}
				cancel()
				note("%s: %s; once more to exit at once", signalName(s), does)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// interrupted is the exit of a command that a signal ended before it wrote anything.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exit{ExitStopped, "stopped; nothing was written"}
	}
	return err
}

// outliveReaders makes a broken pipe an error of the write and not the end of the process.
func outliveReaders() { signal.Ignore(syscall.SIGPIPE) }

func signalName(s os.Signal) string {
	switch s {
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return s.String()
}
