package resume

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/failpoint"
	"ssc/runtime/train"
)

// clusterers are algorithm blocks with stages between steps.
var clusterers = map[string]string{
	"deepcluster": `algorithm "deepcluster" {
  extractor = "bank"
  reweight  = true
  BACKBONE
  neck "avg_pool2d" {}
  head "cls" { num_classes = 5 }
  clustering { pca_dim = 4 }
}`,
	"odc": `algorithm "odc" {
  extractor                 = "bank"
  centroids_update_interval = 3
  BACKBONE
  neck "odc" {
    hid_channels = 8
    out_channels = 6
  }
  head "cls" { num_classes = 5 }
  memory {
    length      = 37
    feat_dim    = 6
    min_cluster = 4
  }
  clustering { pca_dim = -1 }
}`,
	"interclr": `algorithm "interclr" {
  extractor                 = "bank"
  queue_len                 = 16
  feat_dim                  = 6
  groups                    = 2
  centroids_update_interval = 3
  neg_num                   = 8
  semihard_neg_pool_num     = 20
  num_classes               = 5
  BACKBONE
  neck "linear" { out_channels = 6 }
  head "contrastive" {}
  memory {
    length      = 37
    feat_dim    = 6
    min_cluster = 4
  }
  clustering { pca_dim = -1 }
}`,
	"interclr_offline": `algorithm "interclr" {
  extractor     = "bank"
  queue_len     = 16
  feat_dim      = 6
  online_labels = false
  neg_num       = 8
  neg_sampling  = "random"
  warmup_epochs = 1
  share_neck    = false
  num_classes   = 5
  BACKBONE
  neck "linear" { out_channels = 6 }
  head "contrastive" {}
  memory {
    length   = 37
    feat_dim = 6
    momentum = 0.5
  }
  clustering { pca_dim = 4 }
}`,
}

// clusterer is the tiny pipeline with another algorithm, which takes one view, or two.
func clusterer(t *testing.T, block string) recipe {
	t.Helper()
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(string(text), "algorithm "), strings.Index(string(text), "dataset \"train\"")
	own := string(text[from:to])
	backbone := own[strings.Index(own, "backbone"):strings.Index(own, "neck")]
	rest := string(text[to:])
	if !strings.Contains(block, "interclr") {
		rest = strings.Replace(rest, "count = 2", "count = 1", 1)
	}
	if strings.Contains(block, "memory") { // as its recipe has it
		rest = strings.Replace(rest, "batch_size = 8", "\n  batch_size = 8\n  replace = true\n", 1)
	}
	return compileText(t, string(text[:from])+strings.Replace(block, "BACKBONE", backbone, 1)+"\n\n"+rest)
}

// TestStagesStopped stops runs between a step and its stages, and in the middle of an epoch, and kills them in the middle of the first stage, of the epoch behind it, and of the second
// stage. What goes on, with another number of workers, ends with the bytes of a run that nothing stopped.
func TestStagesStopped(t *testing.T) {
	for name, block := range clusterers {
		r := clusterer(t, block)
		want, _ := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
		for _, step := range []int{5, 7} {
			t.Run(name, func(t *testing.T) {
				got, _ := r.finish(t, train.Options{Dir: r.stoppedWith(t, step, 2), Workers: 7})
				compareStopped(t, got, want)
			})
		}
		// The first stage reads 37 images, the first epoch 40 and the second stage 37 again.
		for _, reads := range []int{20, 60, 95} {
			t.Run(fmt.Sprintf("%s/killed after %d images", name, reads), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "run")
				if err := armed(r.program(t, dir, 2), failpoint.Worker, fmt.Sprintf("kill:%d", reads)).Run(); exitCode(err) != -1 {
					t.Fatalf("the process ended with %v, want a kill", err)
				}
				got, _ := r.finish(t, train.Options{Dir: dir})
				compare(t, got, want)
			})
		}
	}
}

// TestStagesRefused: what the data does not allow is found before the first step, at its line.
func TestStagesRefused(t *testing.T) {
	for name, c := range map[string]struct{ block, want string }{
		"more clusters than images":  {strings.Replace(clusterers["deepcluster"], "num_classes = 5", "num_classes = 38", 1), "38 clusters cannot be made of the 37 images"},
		"a memory of another length": {strings.Replace(clusterers["odc"], "length      = 37", "length      = 36", 1), "a row is kept for each of 36 images, but dataset \"train\" (" + pipelineFile + ":"},
		"keys of another length":     {strings.Replace(clusterers["interclr"], "length      = 37", "length      = 38", 1), ") has 37. Write length = 37"},
		"too many small clusters":    {strings.Replace(clusterers["odc"], "min_cluster = 4", "min_cluster = 8", 1), "5 clusters cannot all have at least min_cluster = 8 of 37 images"},
		"more components":            {strings.Replace(clusterers["deepcluster"], "pca_dim = 4", "pca_dim = 40", 1), "37 images have no 40 principal components"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			_, err := clusterer(t, c.block).run(context.Background(), train.Options{Dir: dir})
			var refused train.Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), pipelineFile+":") {
				t.Errorf("the run ended with %v, want a refusal at a line of %s with %q", err, pipelineFile, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "checkpoints")); err == nil {
				t.Error("a refused run left checkpoints")
			}
		})
	}
}

// TestStagesTried: a dry run times the clustering, counts how often it comes, and leaves nothing.
func TestStagesTried(t *testing.T) {
	for name, times := range map[string]int{"deepcluster": 3, "odc": 1} { // before the first step, and after two of three epochs
		dir := t.TempDir()
		r := clusterer(t, clusterers[name])
		got, err := train.DryRun(context.Background(), r.plan, r.models, train.Options{Dir: filepath.Join(dir, "run"), Report: &told{}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Stages) != 1 || got.Stages[0].Name != "clustering" || got.Stages[0].Times != times || got.Stages[0].Measured != 37 || !(got.Stages[0].Seconds > 0) {
			t.Errorf("%s: stages = %+v, want one clustering of 37 images, %d times", name, got.Stages, times)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: the dry run left %v (%v)", name, left, err)
		}
	}
}
