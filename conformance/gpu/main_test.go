package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes the folder of a run with losses and the weights of its second step.
func write(t *testing.T, dir, name, losses, weights string) {
	t.Helper()
	saved := filepath.Join(dir, name, "checkpoints", "000002")
	if err := os.MkdirAll(saved, 0o777); err != nil {
		t.Fatal(err)
	}
	text := ""
	for l := range strings.FieldsSeq(losses) {
		text += `{"step":1,"values":{"loss":` + l + `,"lr":1}}` + "\n" + `{"step":1,"values":{"knn":0.5}}` + "\n"
	}
	for file, text := range map[string]string{filepath.Join(dir, name, "metrics.jsonl"): text, filepath.Join(saved, "weights.safetensors"): weights} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestComparisons(t *testing.T) {
	dir := t.TempDir()
	c := &check{dir: dir}
	write(t, dir, "a", "2 4", "bits")
	write(t, dir, "near", "2 4.004", "bits")
	write(t, dir, "far", "2 4.005", "bats")
	write(t, dir, "short", "2", "bits")
	for name, want := range map[string]string{"near": "", "far": "step 2: loss 4.005, on the processor 4", "short": "2 losses and 1"} {
		found, err := c.losses("a", name, 2, 1e-3)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || err == nil && !strings.Contains(found, "0.001 apart") {
			t.Errorf("losses of %s: %q, %v, want %q", name, found, err, want)
		}
	}
	for name, want := range map[string]bool{"near": true, "far": false, "nothing": false} {
		if err := c.equal("a", name, 2); (err == nil) != want {
			t.Errorf("equal(a, %s) = %v", name, err)
		}
	}
	if err := c.equal("a", "near", 3); err == nil {
		t.Error("runs without a checkpoint are equal")
	}
}

// TestFailing: a program that fails makes the checks fail, with the end of what it said.
func TestFailing(t *testing.T) {
	program := filepath.Join(t.TempDir(), "ssc")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho no driver; exit 4\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	c := &check{ssc: program, device: "cuda", dir: t.TempDir(), log: &log}
	if err := c.run("short", "cuda", 3, "A=b", "train.precision=bf16"); err == nil || !strings.Contains(err.Error(), "no driver") {
		t.Errorf("run = %v", err)
	}
	if want := "$ A=b " + program + " run -device cuda -steps 3 -run " + filepath.Join(c.dir, "short") + " -set train.log_every=1 -set train.precision=bf16"; !strings.Contains(log.String(), want) || !strings.Contains(log.String(), "no driver") {
		t.Errorf("log: %s, want %q in it", &log, want)
	}
}
