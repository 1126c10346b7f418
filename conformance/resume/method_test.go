package resume

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// methods are algorithm blocks with all that lives beside the weights: a teacher that moves before the step and a queue with orders drawn for the step; a teacher that moves after it, a centre, and
// what is held at first; prototypes with a queue that begins to fill in the second epoch.
var methods = map[string]string{
	"moco": `algorithm "moco" {
  queue_len = 16
  feat_dim  = 8
  groups    = 2
  BACKBONE
  neck "moco_v2" {
    hid_channels = 8
    out_channels = 8
  }
  head "contrastive" {}
}`,
	"dino": `algorithm "dino" {
  BACKBONE
  neck "dino" {
    hid_channels        = 8
    bottleneck_channels = 8
    out_channels        = 12
  }
  head "dino" {}
}`,
	"swav": `algorithm "swav" {
  BACKBONE
  neck "swav" {
    hid_channels = 8
    out_channels = 8
  }
  head "swav" {
    num_prototypes     = 6
    queue_length       = 16
    epoch_queue_starts = 1
    freeze_prototypes  = 6
  }
}`,
}

// TestMethodsStopped stops runs of these methods in the second epoch. What goes on ends with the bytes of a run that nothing stopped.
func TestMethodsStopped(t *testing.T) {
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(string(text), "algorithm "), strings.Index(string(text), "dataset \"train\"")
	own := string(text[from:to])
	backbone := own[strings.Index(own, "backbone"):strings.Index(own, "neck")]
	for name, block := range methods {
		t.Run(name, func(t *testing.T) {
			r := compileText(t, string(text[:from])+strings.Replace(block, "BACKBONE", backbone, 1)+"\n\n"+string(text[to:]))
			want, _ := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
			dir := filepath.Join(t.TempDir(), "run")
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stopping := &told{step: func(s train.Status) {
				if s.Step == 7 {
					cancel()
				}
			}}
			if _, err := r.run(ctx, train.Options{Dir: dir, Workers: 2, Report: stopping}); !errors.Is(err, train.ErrStopped) {
				t.Fatalf("the stopped run ended with %v, want %v", err, train.ErrStopped)
			}
			got, _ := r.finish(t, train.Options{Dir: dir, Workers: 7})
			compareStopped(t, got, want)
		})
	}
}
