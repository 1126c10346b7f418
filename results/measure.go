package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/probe"
)

// settings are what a row adds to its example: its seed, and both meters on the encoder before training too.
func (e example) settings(seed int, pixels bool) []string {
	return []string{"-set", "pipeline.seed=" + strconv.Itoa(seed), "-set", "evaluate.linear.untrained=true",
		"-set", fmt.Sprintf("evaluate.knn.raw_pixels=%v", pixels), "-set", fmt.Sprintf("evaluate.linear.raw_pixels=%v", pixels)}
}

// compiled is the plan of a row.
func (e example) compiled(seed int, pixels bool) (*plan.Plan, error) {
	dir, err := os.MkdirTemp("", "results")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	folder := filepath.Join(dir, "plan")
	if _, err := ssc(append([]string{"compile", "-o", folder, e.file}, e.settings(seed, pixels)...)...); err != nil {
		return nil, err
	}
	return planIn(folder)
}

func planIn(folder string) (*plan.Plan, error) {
	text, err := os.ReadFile(filepath.Join(folder, plan.File))
	if err != nil {
		return nil, err
	}
	return plan.Decode(text)
}

// recipe identifies what a row is a result of: all settings of its pipeline, and not the graphs and kernels by which a version of ssc computes them.
func recipe(p *plan.Plan) (string, error) {
	return (&plan.Plan{Pipeline: p.Pipeline}).Digest()
}

// begun reports whether a run of the plan has begun in the folder.
func begun(folder string, p *plan.Plan) bool {
	have, err := planIn(folder)
	if err != nil {
		return false
	}
	a, err := have.Digest()
	b, other := p.Digest()
	return err == nil && other == nil && a == b
}

// measure makes a row: it trains, evaluates and looks at the features, on one of so many shares of the cores. Raw pixels are measured by the first row of all.
func (e example) measure(t *table, seed, shares int) (*row, error) {
	dir := filepath.Join(runFolder, fmt.Sprintf("%s-seed%d", e.name, seed))
	t.Lock()
	pixels, again := t.Raw == nil, t.row(e.name, seed) != nil
	t.Unlock()
	p, err := e.compiled(seed, pixels)
	if err != nil {
		return nil, err
	}
	if again || !begun(dir, p) {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
	}
	r := &row{Example: e.name, Method: e.method, Seed: seed, Meter: e.meter}
	run := append([]string{"run", e.file, "-json", "-run", dir}, e.settings(seed, pixels)...)
	if shares > 1 {
		n := strconv.Itoa(max(runtime.NumCPU()/shares, 1))
		run = append(run, "-threads", n, "-workers", n)
	}
	if err := r.train(dir, run); err != nil {
		return nil, err
	}
	out, err := ssc(run...)
	if err != nil {
		return nil, err
	}
	if err := r.evaluation(out, t); err != nil {
		return nil, err
	}
	if err := r.clocks(filepath.Join(dir, "metrics.jsonl")); err != nil {
		return nil, err
	}
	r.Rank, r.Dimensions, err = rank(dir)
	return r, err
}

// train trains to the last step, in a process that does nothing else, so that its time is that of training.
func (r *row) train(dir string, run []string) error {
	if _, err := ssc(append(run, "-steps", "1")...); err != nil {
		return err
	}
	out, err := ssc("status", "-json", dir)
	if err != nil {
		return err
	}
	var s struct{ Steps, Epochs int }
	if err := find(out, "run", func(b []byte) error { return json.Unmarshal(b, &s) }); err != nil {
		return err
	}
	r.Steps, r.Epochs = s.Steps, s.Epochs
	began := time.Now()
	c := command(append(run, "-steps", strconv.Itoa(s.Steps))...)
	if err := c.Run(); err != nil {
		return err
	}
	r.Seconds = time.Since(began).Seconds()
	r.ProcessorSeconds = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	return nil
}

// evaluation reads what the evaluate blocks printed.
func (r *row) evaluation(out []byte, t *table) error {
	var pixel pixels
	got := map[string]bool{}
	err := find(out, "measurement", func(b []byte) error {
		var m probe.Measurement
		if err := json.Unmarshal(b, &m); err != nil {
			return err
		}
		got[m.Probe+" of "+m.Features] = true
		to, flat := &r.KNN, &pixel.KNN
		if m.Probe == "linear" {
			to, flat = &r.Linear, &pixel.Linear
		}
		switch m.Features {
		case "encoder":
			to.Encoder = m.Value
		case "untrained encoder":
			to.Untrained = m.Value
		case "raw pixels":
			*flat = m.Value
		}
		return nil
	})
	for _, p := range []string{"knn", "linear"} {
		for _, f := range []string{"encoder", "untrained encoder"} {
			if !got[p+" of "+f] {
				err = errors.Join(err, fmt.Errorf("the run printed no %s of %s", p, f))
			}
		}
	}
	if got["knn of raw pixels"] && got["linear of raw pixels"] {
		t.Lock()
		t.Raw = &pixel
		t.Unlock()
	}
	return err
}

// clocks reads the MFU of a run, the median of its lines, and adds the time of the processes whose training was interrupted: the last that each wrote. How long they had the processor is not known.
func (r *row) clocks(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	type line struct {
		Step  int
		Clock *struct{ MFU, Seconds float64 }
	}
	var all []float64
	var before line
	for text := range bytes.Lines(text) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if l.Clock == nil {
			continue
		}
		if l.Clock.MFU > 0 {
			all = append(all, l.Clock.MFU)
		}
		if before.Step > 1 && l.Clock.Seconds < before.Clock.Seconds { // the first step has a process of its own
			r.Seconds, r.ProcessorSeconds = r.Seconds+before.Clock.Seconds, 0
		}
		before = l
	}
	if len(all) > 0 {
		slices.Sort(all)
		r.MFU = all[len(all)/2]
	}
	return nil
}

// rank is the effective rank of the test images' features, the mean over the last map.
func rank(dir string) (float64, int, error) {
	name := filepath.Join(dir, "features.csv")
	defer os.Remove(name)
	if _, err := ssc("extract", dir, "-layer", "last", "-pool", "1", "-dataset", "test", "-o", name); err != nil {
		return 0, 0, err
	}
	return effectiveRank(name)
}

// find passes the lines of a kind to f; there must be one.
func find(out []byte, kind string, f func([]byte) error) error {
	found := false
	for line := range bytes.Lines(out) {
		var l struct{ Type string }
		if json.Unmarshal(line, &l) != nil || l.Type != kind {
			continue
		}
		found = true
		if err := f(line); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("no line of type %q was printed", kind)
	}
	return nil
}

// ssc runs the program and returns what it printed.
func ssc(args ...string) ([]byte, error) {
	out, err := command(args...).Output()
	if err != nil {
		os.Stderr.Write(out) // with -json, what went wrong is told there
		return nil, fmt.Errorf("bin/ssc %s: %w", args[0], err)
	}
	return out, nil
}

func command(args ...string) *exec.Cmd {
	c := exec.Command("bin/ssc", args...)
	c.Stderr = os.Stderr
	return c
}
