package resume

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ssc/cmd"
	"ssc/compiler/plan"
	"ssc/runtime/train"
)

var storeRelease = flag.Bool("release", false, "store a run of this version under testdata/releases, for later versions to read")

// TestReleases: the runs that earlier versions left are gone on with, or refused in one sentence that says which version made them.
func TestReleases(t *testing.T) {
	if *storeRelease {
		store(t, filepath.Join("testdata", "releases", cmd.Version))
	}
	stored, err := filepath.Glob("testdata/releases/*")
	if err != nil || len(stored) == 0 {
		t.Fatalf("stored releases = %v, %v, want some", stored, err)
	}
	refusal := regexp.MustCompile(`format \d+(, made by ssc \S+)?[;,] this (version of )?ssc reads format \d+`)
	for _, release := range stored {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(release, "run"))); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, plan.File))
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Decode(text)
		if err != nil {
			if !refusal.MatchString(err.Error()) {
				t.Errorf("%s: plan: %v, want it read or a refusal with both versions", release, err)
			}
			continue
		}
		r := recipe{p, map[string][]byte{}}
		for name, g := range p.Graphs {
			if r.models[name], err = os.ReadFile(filepath.Join(dir, g.File)); err != nil {
				t.Fatal(err)
			}
		}
		resumed := -1
		_, err = r.run(context.Background(), train.Options{Dir: dir, Strict: true, Report: &told{step: func(s train.Status) { resumed = s.ResumedAt }}})
		switch {
		case err != nil && !refusal.MatchString(err.Error()):
			t.Errorf("%s: going on ended with %v", release, err)
		case err == nil && resumed != 8:
			t.Errorf("%s: went on from step %d, want 8", release, resumed)
		}
	}
}

// store makes a run of this version that stands at step 8.
func store(t *testing.T, dir string) {
	t.Helper()
	data := filepath.Join(dir, "data")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o777), os.CopyFS(data, os.DirFS(images()))); err != nil {
		t.Fatal(err)
	}
	r := compile(t, filepath.ToSlash(data), "algorithm.backbone.num_stages=1", "algorithm.backbone.out_indices=[1]", "train.checkpoint.keep=1")
	run := r.stoppedAt(t, 8)
	if err := errors.Join(os.Remove(filepath.Join(run, "lock")), os.CopyFS(filepath.Join(dir, "run"), os.DirFS(run))); err != nil {
		t.Fatal(err)
	}
}

// TestOtherVersion: a plan or checkpoint of a version to come is refused in one sentence.
func TestOtherVersion(t *testing.T) {
	later := func(name string) func(dir string) error {
		return func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, name), []byte(regexp.MustCompile(`"format": *1,`).ReplaceAllString(string(text), `"format": 2, "news": {},`)), 0o666)
		}
	}
	for name, c := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"plan":       {later("plan.json"), fmt.Sprintf("plan.json has format 2, made by ssc %s; this ssc reads format 1", cmd.Version)},
		"checkpoint": {later("checkpoints/000001/manifest.json"), "checkpoints/000001: manifest.json: it has format 2, this version of ssc reads format 1"},
	} {
		dir := tiny().stoppedAt(t, 1)
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		var refused train.Refused
		if _, err := tiny().run(context.Background(), train.Options{Dir: dir}); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of another version: %v, want a refusal with %q", name, err, c.want)
		}
	}
}
