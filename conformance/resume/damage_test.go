package resume

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// stoppedAt is a run folder that was stopped after a step.
func (c recipe) stoppedAt(t *testing.T, step int) string {
	t.Helper()
	return c.stoppedWith(t, step, 0)
}

// stoppedWith is stoppedAt with a number of workers.
func (c recipe) stoppedWith(t *testing.T, step, workers int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := c.run(ctx, train.Options{Dir: dir, Workers: workers, Report: &told{step: func(s train.Status) {
		if s.Step == step {
			cancel()
		}
	}}})
	if !errors.Is(err, train.ErrStopped) {
		t.Fatalf("the stopped run ended with %v", err)
	}
	return dir
}

// TestDamagedCheckpoint: a truncated or changed checkpoint is passed over in favour of the one before, with a line that says so; -strict refuses. What is cut and flipped, byte
// by byte and bit by bit, is tested in runtime/checkpoint.
func TestDamagedCheckpoint(t *testing.T) {
	flip := func(name string) error {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 4
		return os.WriteFile(name, b, 0o666)
	}
	stopped := tiny().stoppedAt(t, 8)
	for _, c := range []struct {
		file   string
		damage func(name string) error
		want   string
	}{
		{"weights.safetensors", func(n string) error { return os.Truncate(n, 100) }, "checkpoints/000008: weights.safetensors is 100 of "},
		{"optimizer.safetensors", flip, "checkpoints/000008: optimizer.safetensors has sha256 "},
		{"manifest.json", flip, "checkpoints/000008: manifest.json: "},
		{"manifest.json", os.Remove, "checkpoints/000008: manifest.json is missing"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.CopyFS(dir, os.DirFS(stopped)); err != nil {
			t.Fatal(err)
		}
		if err := c.damage(filepath.Join(dir, "checkpoints", "000008", c.file)); err != nil {
			t.Fatal(err)
		}
		var refused train.Refused
		if _, err := tiny().run(context.Background(), train.Options{Dir: dir, Strict: true}); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("strict, with damage to %s: %v, want a refusal with %q", c.file, err, c.want)
		}
		got, said := tiny().finish(t, train.Options{Dir: dir})
		if !strings.Contains(said.said(), "passed over a damaged checkpoint: "+c.want) || !strings.Contains(said.said(), "going on from "+dir+"/checkpoints/000006") {
			t.Errorf("with damage to %s the run said %q, want %q and where it goes on from", c.file, said.said(), c.want)
		}
		compareStopped(t, got, undisturbed())
	}
}

// TestAllCheckpointsDamaged: a run never begins anew by itself where checkpoints were.
func TestAllCheckpointsDamaged(t *testing.T) {
	dir := tiny().stoppedAt(t, 8)
	names, err := filepath.Glob(filepath.Join(dir, "checkpoints", "0*", "weights.safetensors"))
	if err != nil || len(names) != 3 {
		t.Fatalf("checkpoints = %v, %v, want 3", names, err)
	}
	for _, name := range names {
		if err := os.Truncate(name, 8); err != nil {
			t.Fatal(err)
		}
	}
	var refused train.Refused
	if _, err := tiny().run(context.Background(), train.Options{Dir: dir}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "no checkpoint is complete") {
		t.Errorf("with all checkpoints damaged the run ended with %v, want a refusal", err)
	}
}

// TestLostLines: a metrics.jsonl that is shorter than the checkpoint says is refused, not continued with a hole.
func TestLostLines(t *testing.T) {
	dir := tiny().stoppedAt(t, 8)
	if err := os.Truncate(filepath.Join(dir, "metrics.jsonl"), 10); err != nil {
		t.Fatal(err)
	}
	var refused train.Refused
	if _, err := tiny().run(context.Background(), train.Options{Dir: dir}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the file has 0 lines, but had 6 at the checkpoint") {
		t.Errorf("with a truncated metrics.jsonl the run ended with %v, want a refusal that counts the lines", err)
	}
}

// TestLeftovers: what killed processes left is removed with one line.
func TestLeftovers(t *testing.T) {
	dir := tiny().stoppedAt(t, 8)
	for _, name := range []string{"checkpoints/000009.tmp-4711", "plan.json.tmp-4711"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	got, said := tiny().finish(t, train.Options{Dir: dir})
	for _, name := range []string{"[000009.tmp-4711]", "[plan.json.tmp-4711]"} {
		if strings.Count(said.said(), "removed what an interrupted process left: "+name) != 1 {
			t.Errorf("the run said %q, want once that %s was removed", said.said(), name)
		}
	}
	compareStopped(t, got, undisturbed())
}

// TestAnotherPlan: a run folder goes on with its own plan alone.
func TestAnotherPlan(t *testing.T) {
	dir := tiny().stoppedAt(t, 8)
	other := compile(t, images(), "optimizer.lr=0.02")
	var refused train.Refused
	if _, err := other.run(context.Background(), train.Options{Dir: dir}); !errors.As(err, &refused) || !strings.Contains(err.Error(), fmt.Sprintf("%s holds a run of another plan:\n  optimizer.lr: 0.01, now 0.02", dir)) {
		t.Errorf("another plan in the folder: %v, want a refusal with the difference", err)
	}
}
