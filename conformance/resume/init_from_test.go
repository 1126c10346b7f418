package resume

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// startingFrom is the tiny pipeline with an init_from block of these lines, a learning rate at which float32 weights stay as they are, and overrides.
func startingFrom(t *testing.T, lines string, replace ...string) recipe {
	t.Helper()
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	replace = append(replace, "train {\n", "train {\n  init_from {\n"+lines+"\n  }\n", "lr = 0.01", "lr = 1e-30")
	return compileText(t, strings.NewReplacer(replace...).Replace(string(text)))
}

// weights are the tensors of a checkpoint by name, as bytes.
func weights(t *testing.T, dir string, step int) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, x := range readTensors(t, filepath.Join(dir, "checkpoints", fmt.Sprintf("%06d", step), "weights.safetensors")) {
		out[x.Name] = string(x.Data)
	}
	return out
}

// near reports whether float32 weights are equal but for what a step at that learning rate adds to a zero.
func near(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i += 4 {
		x, y := math.Float32frombits(binary.LittleEndian.Uint32([]byte(a[i:i+4]))), math.Float32frombits(binary.LittleEndian.Uint32([]byte(b[i:i+4])))
		if math.Abs(float64(x)-float64(y)) > 1e-25 {
			return false
		}
	}
	return true
}

// TestInitFrom: the parameters of a run arrive in another, which says how many; those that keep their initial values do. What moves without a learning rate is the running statistics.
func TestInitFrom(t *testing.T) {
	from := tiny().stoppedAt(t, 3)
	base := weights(t, from, 3)
	initial := weights(t, tinyStill(t), 1)
	r := startingFrom(t, fmt.Sprintf("    checkpoint = %q\n    from = \"backbone.\"\n    to = \"backbone.\"\n    fresh = [\"^neck\"]", from))
	dir := filepath.Join(t.TempDir(), "run")
	said, err := r.run(context.Background(), train.Options{Dir: dir, Steps: 1})
	if !errors.Is(err, train.ErrStopped) {
		t.Fatalf("the run ended with %v", err)
	}
	got := weights(t, dir, 1)
	arrived, kept := 0, 0
	for _, s := range r.plan.State {
		switch {
		case s.Role != "param":
		case strings.HasPrefix(s.Name, "backbone."):
			arrived++
			if !near(got[s.Name], base[s.Name]) {
				t.Errorf("%s is not what the other run has", s.Name)
			}
		default:
			kept++
			if !near(got[s.Name], initial[s.Name]) {
				t.Errorf("%s is not its initial value", s.Name)
			}
		}
	}
	if arrived == 0 || kept == 0 {
		t.Fatalf("%d parameters of the backbone and %d others, want some of both", arrived, kept)
	}
	if text := said.said(); !strings.Contains(text, " tensors loaded from "+filepath.Join(from, "checkpoints", "000003")) || !strings.Contains(text, fmt.Sprintf("%d keep their initial values: neck", kept+neckBuffers(r))) {
		t.Errorf("the run said %q, want how many tensors were loaded and which keep their initial values", text)
	}
	again, err := r.run(context.Background(), train.Options{Dir: dir, Steps: 2})
	if !errors.Is(err, train.ErrStopped) || strings.Contains(again.said(), "loaded from") {
		t.Errorf("going on: %v, %q, want that nothing is loaded once there is a checkpoint", err, again.said())
	}
}

// tinyStill is the folder of a run of one step that moves no parameter.
func tinyStill(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "still")
	if _, err := compile(t, images(), "optimizer.lr=1e-30").run(context.Background(), train.Options{Dir: dir, Steps: 1}); !errors.Is(err, train.ErrStopped) {
		t.Fatal(err)
	}
	return dir
}

func neckBuffers(r recipe) (n int) {
	for _, s := range r.plan.State {
		if s.Role == "buffer" && strings.HasPrefix(s.Name, "neck.") {
			n++
		}
	}
	return n
}

// TestInitFromRefuses: a network that does not fit is refused before the first step, at the block, with the names; nothing is trained.
func TestInitFromRefuses(t *testing.T) {
	from := tiny().stoppedAt(t, 3)
	for _, c := range []struct {
		lines   string
		replace []string
		want    []string
	}{
		{fmt.Sprintf("    checkpoint = %q", from), []string{"base_channels = 4", "base_channels = 8"}, []string{"testdata/tiny.hcl:53,3: init_from: ", "has the shape", "make the networks alike"}},
		{fmt.Sprintf("    checkpoint = %q\n    from = \"backbone.\"\n    to = \"backbone.\"", from), nil, []string{"no tensor for", "neck."}},
		{fmt.Sprintf("    checkpoint = %q", filepath.Join(t.TempDir(), "absent")), nil, []string{"there is no such file or folder"}},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		_, err := startingFrom(t, c.lines, c.replace...).run(context.Background(), train.Options{Dir: dir, Steps: 1})
		var refused train.Refused
		if !errors.As(err, &refused) {
			t.Errorf("%s: the run ended with %v, want a refusal", c.lines, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the run ended with %v, want %q in it", c.lines, err, want)
			}
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "0*")); len(found) > 0 {
			t.Errorf("%s: %v were written", c.lines, found)
		}
	}
}
