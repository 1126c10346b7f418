package resume

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/train"
)

// TestStoppedWithNoise stops a run whose network drops branches by the host's noise: the noise of a step is a function of the seed and the step, so that the end is the same.
func TestStoppedWithNoise(t *testing.T) {
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), `backbone "resnet" {`)
	_, after, _ := strings.Cut(rest, "}\n")
	r := compileText(t, before+`backbone "vision_transformer" {
		embed_dims     = 8
		num_layers     = 2
		num_heads      = 2
		img_size       = 8
		patch_size     = 4
		drop_path_rate = 0.5
	}
`+after)
	want, _ := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	got, _ := r.finish(t, train.Options{Dir: r.stoppedAt(t, 7)})
	compareStopped(t, got, want)
}
