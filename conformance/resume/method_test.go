package resume

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// methods are algorithm blocks with all that lives beside the weights: a teacher that moves before the step and a queue with orders drawn for the step; a teacher that moves after it, a centre, and
// what is held at first; prototypes with a queue that begins to fill in the second epoch; a memory of all images with negatives drawn for the step.
var methods = map[string]string{
	"npid": `algorithm "npid" {
  neg_num    = 12
  ensure_neg = true
  BACKBONE
  neck "linear" { out_channels = 8 }
  head "contrastive" {}
  memory "simple" {
    length   = 37
    feat_dim = 8
  }
}`,
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

// withMethod is the pipeline with another algorithm in the place of its own, and its backbone.
func withMethod(t *testing.T, block string) recipe {
	t.Helper()
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(string(text), "algorithm "), strings.Index(string(text), "dataset \"train\"")
	own, rest := string(text[from:to]), string(text[to:])
	backbone := own[strings.Index(own, "backbone"):strings.Index(own, "neck")]
	if strings.HasPrefix(block, `algorithm "npid"`) {
		rest = strings.Replace(rest, "count = 2", "count = 1", 1)
	}
	return compileText(t, string(text[:from])+strings.Replace(block, "BACKBONE", backbone, 1)+"\n\n"+rest)
}

// TestMemoryOfAnother refuses a memory that was declared for another number of images, at its line.
func TestMemoryOfAnother(t *testing.T) {
	r := withMethod(t, strings.Replace(methods["npid"], "37", "40", 1))
	dir := filepath.Join(t.TempDir(), "run")
	_, err := r.run(t.Context(), train.Options{Dir: dir})
	want := regexp.MustCompile(`^testdata/tiny.hcl:\d+,16: a row is kept for each of 40 images, but dataset "train" \(testdata/tiny.hcl:\d+,3\) has 37. Write length = 37$`)
	if refused := (train.Refused{}); !errors.As(err, &refused) || !want.MatchString(err.Error()) {
		t.Errorf("the run ended with %v, want a refusal %v", err, want)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the refused run left a folder (%v)", err)
	}
}

// TestMethodsStopped stops runs of these methods in the second epoch. What goes on ends with the bytes of a run that nothing stopped.
func TestMethodsStopped(t *testing.T) {
	for name, block := range methods {
		t.Run(name, func(t *testing.T) {
			r := withMethod(t, block)
			want, _ := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
			got, _ := r.finish(t, train.Options{Dir: r.stoppedWith(t, 7, 2), Workers: 7})
			compareStopped(t, got, want)
		})
	}
}
